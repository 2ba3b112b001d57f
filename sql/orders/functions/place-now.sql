-- What each operation of orders.place does, and how its face shows the order.
-- The buyer's row is found, given the order's number and so locked until the end, all in one: the numbers of one user's
-- orders follow each other without gap, since a refusal takes the number back. The user is locked before the cart, as
-- everywhere (CONTRIBUTING: order of locks).
-- `input`: user_id or caller; items, or for a checkout if_match; and as orders.create_order. Refuses as that, and with
-- USER_NOT_FOUND, PRODUCTS_NOT_FOUND, CART_EMPTY, PRECONDITION_FAILED (the cart is another, shows other prices, or is
-- gone), and as users.ensure_caller.
create or replace function orders.place_now(
  operation text, input jsonb, context jsonb,
  out order_id bigint, out buyer_id bigint, out answer text
) language plpgsql as $$
declare
  buyer users.users;
  cart orders.carts;
  basket orders.basket;
  made orders.orders;
  if_match text[];
  -- As gateway.introduce does; but an assignment needs no query, which saves 10 µs.
  actor constant text := set_config('db_service.actor', coalesce(context ->> 'actor', ''), true);
  request constant text := set_config('db_service.request_id', coalesce(context ->> 'request_id', ''), true);
  trace constant text := set_config('db_service.traceparent', coalesce(context ->> 'traceparent', ''), true);
  reason constant text := set_config('db_service.note', '', true);
begin
  if operation in ('place', 'checkout') then
    update users.users set last_order_number = last_order_number + 1
    where external_user_id = (input ->> 'user_id')::uuid returning * into buyer;
  else
    if operation = 'place_managed' then
      buyer_id := users.id_of(input ->> 'user_id');
    else
      buyer_id := (users.ensure_caller(input -> 'caller')).id;
      if jsonb_typeof(input -> 'shipping_address') = 'object' then
        input := input || jsonb_build_object(
          'street_address', input #> '{shipping_address,street}', 'city', input #> '{shipping_address,city}',
          'postal_code', input #> '{shipping_address,zipCode}', 'country', input #> '{shipping_address,country}');
      end if;
    end if;
    update users.users set last_order_number = last_order_number + 1 where id = buyer_id returning * into buyer;
  end if;
  buyer_id := buyer.id;
  if buyer_id is null then
    perform gateway.refuse('USER_NOT_FOUND');
  end if;

  if operation = 'checkout' then
    -- Two at once: the second waits for the first and finds no cart. What follows goes by the id of the cart that was
    -- locked: a cart that another request makes meanwhile is nobody's yet, and what is put into it while the order is
    -- made would be deleted with it.
    select * into cart from orders.carts where user_id = buyer_id for update;
    if jsonb_typeof(input -> 'if_match') = 'array' then
      if_match := array(select jsonb_array_elements_text(input -> 'if_match'));
      if cart.cart_id is null then
        perform gateway.refuse('PRECONDITION_FAILED');
      end if;
      perform orders.check_cart(cart, if_match);
    end if;
    basket := orders.basket_of_cart(cart.cart_id);
    if basket.lines is null then
      perform gateway.refuse('CART_EMPTY');
    end if;
  else
    basket := orders.basket_of(input -> 'items');
  end if;

  made := orders.create_order(buyer, basket, input);
  order_id := made.id;

  if operation = 'checkout' then
    if if_match is not null then
      -- Once more: a price may have changed between the look above and the order.
      perform orders.check_cart(cart, if_match);
    end if;
    delete from orders.carts where cart_id = cart.cart_id;
  end if;

  answer := case operation
    when 'place_managed' then orders.show_made_managed(made, buyer, basket.lines)
    when 'place_for_caller' then orders.show_made_to_caller(made, buyer, basket.lines, input -> 'caller')
    else orders.show_made(made, buyer, basket.lines)
  end;
end
$$;
