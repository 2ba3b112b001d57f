-- Clears emails accepted 30, or failed 90 days ago.
-- $1 limit bigint
delete from gateway.emails where id = any (array(
  (select id from gateway.emails where accepted_at < now() - interval '30 days' order by accepted_at limit $1)
  union all
  (select id from gateway.emails where failed_at < now() - interval '90 days' order by failed_at, id limit $1)
  limit $1))
returning id
