-- Places an order or checks a cart out, as the gateway does it since 27 November 2026. With an Idempotency-Key or
-- If-Match, and for the operations of other faces, as the reference does. The user's row is found, locked and numbered
-- in one; a refusal takes all of it back.
create function bench_best.place(
  operation text, input jsonb, context jsonb, out order_id bigint, out answer text, out refusal jsonb,
    out replayed boolean
) language plpgsql as $$
declare
  buyer users.users;
  cart orders.carts;
  basket bench_best.basket;
  made orders.orders;
  actor constant text := set_config('db_service.actor', coalesce(context ->> 'actor', ''), true);
  request constant text := set_config('db_service.request_id', coalesce(context ->> 'request_id', ''), true);
  reason constant text := set_config('db_service.note', '', true);
begin
  if context ->> 'idempotency_key' is not null or operation not in ('place',
    'checkout') or jsonb_typeof(input -> 'if_match') = 'array' then
    select * into order_id, answer, refusal, replayed from bench_reference.answer_once(operation, input, context);
    return;
  end if;
  replayed := false;
  update users.users set last_order_number = last_order_number + 1
  where external_user_id = (input ->> 'user_id')::uuid returning * into buyer;
  if buyer.id is null then
    perform bench_reference.refuse('USER_NOT_FOUND');
  end if;

  if operation = 'checkout' then
    select * into cart from orders.carts where user_id = buyer.id for update;
    basket := bench_best.basket_of_cart(cart.cart_id);
    if basket.lines is null then
      perform bench_reference.refuse('CART_EMPTY');
    end if;
  else
    basket := bench_best.basket_of(input -> 'items');
  end if;

  made := bench_best.create_order(buyer, basket, input);
  order_id := made.id;
  if operation = 'checkout' then
    delete from orders.carts where cart_id = cart.cart_id;
  end if;
  answer := bench_best.show_made(made, buyer, basket.lines);
end
$$;
