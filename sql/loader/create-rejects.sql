-- The rows that are not valid: file (by number), physical line, reason.
create temp table loader_rejects (file smallint, line bigint, reason text) on commit drop
