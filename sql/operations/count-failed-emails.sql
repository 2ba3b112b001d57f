-- How many emails failed for good before a moment.
-- $1 failed_before timestamptz
select count(*) as total from gateway.emails where failed_at < $1
