-- Users that do not fit.
insert into loader_rejects (file, line, reason)
select file, line, fault from staged_users where fault is not null
