-- Creates an order (`operation`: place, checkout, place_managed or place_for_caller) at most once per caller and Idempotency-Key, and
-- returns the first response again. `context`: actor, request_id, and with a key also caller, idempotency_key, request_hash,
-- meaning_hash. A request is the same one if either hash matches. A gateway of before 0022 knows only the first, and so do the keys it
-- made. A second request with the same key waits in the insert until the first one has ended. A refusal is kept as a response, too;
-- a crash or a lost connection keeps nothing, so the repeat runs anew.
create or replace function orders.place(
  operation text, input jsonb, context jsonb,
  out order_id bigint, out answer text, out refusal jsonb, out replayed boolean
) language plpgsql as $$
declare
  first_answer gateway.idempotency_keys;
  code text;
  facts text;
begin
  replayed := false;
  if context ->> 'idempotency_key' is null then
    select r.order_id, r.answer into order_id, answer from orders.run_operation(operation, input, context) r;
    return;
  end if;

  loop
    insert into gateway.idempotency_keys as kept (caller, key, request_hash, meaning_hash)
    values (context ->> 'caller', context ->> 'idempotency_key', context ->> 'request_hash', context ->> 'meaning_hash')
    on conflict (caller, key) do update
      set request_hash = excluded.request_hash, meaning_hash = excluded.meaning_hash,
        user_id = null, order_id = null, answer = null, refusal = null, created_at = now()
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
    order_id := first_answer.order_id;
    answer := first_answer.answer;
    refusal := first_answer.refusal;
    replayed := true;
    return;
  end loop;

  begin
    select r.order_id, r.answer into order_id, answer from orders.run_operation(operation, input, context) r;
  exception when sqlstate 'DB001' then
    get stacked diagnostics code = message_text, facts = pg_exception_detail;
    -- Not an answer to keep: the caller looks again, and asks again with the tag of now.
    if code = 'PRECONDITION_FAILED' then
      raise;
    end if;
    refusal := jsonb_build_object('code', code, 'facts', facts::jsonb, 'request_id', context ->> 'request_id');
  end;

  update gateway.idempotency_keys set
    user_id = (select o.user_id from orders.orders o where o.id = place.order_id),
    order_id = place.order_id, answer = place.answer, refusal = place.refusal
  where caller = context ->> 'caller' and key = context ->> 'idempotency_key';
end
$$;

-- What each operation does, and how its face shows the order.
create or replace function orders.run_operation(
  operation text, input jsonb, context jsonb,
  out order_id bigint, out answer text
) language plpgsql as $$
begin
  perform gateway.introduce(context);
  case operation
    when 'place' then order_id := orders.create_order(users.internal_id((input ->> 'user_id')::uuid), input);
    when 'checkout' then order_id := orders.checkout(input);
    when 'place_managed' then order_id := orders.create_order(users.id_of(input ->> 'user_id'), input);
    when 'place_for_caller' then
      order_id := orders.place_for_caller(input);
      -- The caller may be known only since now.
      select orders.show_order(d, input -> 'caller' || jsonb_build_object('localId', d.owner_id)) into answer
      from orders.storefront_documents d where d.order_id = run_operation.order_id;
      return;
  end case;
  if operation = 'place_managed' then
    select d.document into answer from orders.management_documents d where d.order_id = run_operation.order_id;
  else
    select d.details into answer from orders.order_documents d where d.order_id = run_operation.order_id;
  end if;
end
$$;
