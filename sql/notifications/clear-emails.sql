-- Clears emails accepted 30, or failed 90 days ago.
-- $1 limit bigint
delete from gateway.emails where id in (
  select id from gateway.emails
  where accepted_at < now() - interval '30 days' or failed_at < now() - interval '90 days'
  limit $1
) returning id
