-- Changes what is sent. Whoever switches it on wants it tried at once.
-- $1 id bigint
-- $2 changes jsonb: url, event_types, active
update gateway.webhooks set
  url = coalesce($2::jsonb ->> 'url', url),
  event_types = case when $2::jsonb -> 'event_types' is null then event_types
    else array(select jsonb_array_elements_text($2::jsonb -> 'event_types')) end,
  active = coalesce(($2::jsonb ->> 'active')::boolean, active),
  disabled_reason = case when ($2::jsonb ->> 'active')::boolean then null else disabled_reason end,
  failures = 0,
  paused_until = null,
  updated_at = now()
where id = $1 and deleted_at is null
returning id
