-- Creates an order (`operation`: place, checkout, place_managed or place_for_caller) at most once per caller and
-- Idempotency-Key, and returns the first response again. `context`: actor, request_id, and with a key also caller,
-- idempotency_key, request_hash, meaning_hash. A request is the same one if either hash matches. A gateway of before
-- 0022 knows only the first, and so do the keys it made. A second request with the same key waits in the insert until
-- the first one has ended, and is counted. A refusal is kept as a response, too; a crash or a lost connection keeps
-- nothing, so the repeat runs anew.
create or replace function orders.place(
  operation text, input jsonb, context jsonb,
  out order_id bigint, out answer text, out refusal jsonb, out replayed boolean
) language plpgsql as $$
declare
  placed record;
  buyer_id bigint;
  first_answer gateway.idempotency_keys;
  code text;
  facts text;
begin
  replayed := false;
  if context ->> 'idempotency_key' is null then
    placed := orders.place_now(operation, input, context);
    order_id := placed.order_id;
    answer := placed.answer;
    return;
  end if;

  loop
    insert into gateway.idempotency_keys as kept (caller, key, request_hash, meaning_hash)
    values (context ->> 'caller', context ->> 'idempotency_key', context ->> 'request_hash', context ->> 'meaning_hash')
    on conflict (caller, key) do update
      set request_hash = excluded.request_hash, meaning_hash = excluded.meaning_hash,
        user_id = null, order_id = null, answer = null, refusal = null, created_at = now(),
        repeats = 0, last_repeated_at = null
      where kept.created_at < now() - interval '24 hours';
    exit when found;

    select * into first_answer from gateway.idempotency_keys
    where caller = context ->> 'caller' and key = context ->> 'idempotency_key';
    -- Cleared away between the two statements: then this request is the first.
    continue when not found;
    if first_answer.request_hash <> context ->> 'request_hash'
      and coalesce(first_answer.meaning_hash <> context ->> 'meaning_hash', true) then
      perform gateway.refuse('IDEMPOTENCY_KEY_REUSED');
    end if;
    -- The row is locked by now: that costs no more than a look.
    update gateway.idempotency_keys set repeats = repeats + 1, last_repeated_at = clock_timestamp()
    where caller = context ->> 'caller' and key = context ->> 'idempotency_key';
    order_id := first_answer.order_id;
    answer := first_answer.answer;
    refusal := first_answer.refusal;
    replayed := true;
    return;
  end loop;

  begin
    placed := orders.place_now(operation, input, context);
    order_id := placed.order_id;
    answer := placed.answer;
    buyer_id := placed.buyer_id;
  exception when sqlstate 'DB001' then
    get stacked diagnostics code = message_text, facts = pg_exception_detail;
    -- Not an answer to keep: the caller looks again, and asks again with the tag of now.
    if code = 'PRECONDITION_FAILED' then
      raise;
    end if;
    refusal := jsonb_build_object('code', code, 'facts', facts::jsonb, 'request_id', context ->> 'request_id');
  end;

  update gateway.idempotency_keys set
    user_id = buyer_id, order_id = place.order_id, answer = place.answer, refusal = place.refusal
  where caller = context ->> 'caller' and key = context ->> 'idempotency_key';
end
$$;
