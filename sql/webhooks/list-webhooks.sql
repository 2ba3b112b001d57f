-- A page of webhooks, and how many there are.
-- $1 limit bigint
-- $2 offset bigint
select
  (select count(*) from gateway.shown_webhooks) as total,
  array_to_json(array(select w from gateway.shown_webhooks w order by w.id limit $1 offset $2)) as webhooks
