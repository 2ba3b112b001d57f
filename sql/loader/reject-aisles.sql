-- Aisles that are not valid.
insert into loader_rejects (file, line, reason)
select file, line, fault from staged_aisles where fault is not null
