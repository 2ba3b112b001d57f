-- Tells the triggers, for the rest of this transaction, who is at work and for which request, and why.
-- `context`: actor, request_id, traceparent; `reason`: the note for the status history.
create or replace function gateway.introduce(context jsonb, reason text default null) returns void
language plpgsql as $$
begin
  perform set_config('db_service.actor', coalesce(context ->> 'actor', ''), true),
          set_config('db_service.request_id', coalesce(context ->> 'request_id', ''), true),
          set_config('db_service.traceparent', coalesce(context ->> 'traceparent', ''), true),
          set_config('db_service.note', coalesce(reason, ''), true);
end
$$;
