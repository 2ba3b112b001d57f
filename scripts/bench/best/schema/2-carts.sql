-- A cart at today's prices: its items and their prices are read once.
create view bench_best.cart_documents as
select c.user_id, c.cart_id, c.version, (
  select row_to_json(fields)::text
  from (
    select c.cart_id::text as cart_id, u.external_user_id as user_id, read.items, read.total_items, read.total_quantity,
      read.total_price, read.changes, c.created_at, c.updated_at
    from (
      select coalesce(to_json(array_agg(i order by i.add_to_cart_order, i.product_id)), '[]') as items,
        count(*) as total_items, coalesce(sum(i.quantity), 0) as total_quantity,
        coalesce(sum(i.price * i.quantity), 0) as total_price,
        coalesce(to_json(array_agg(changed order by i.add_to_cart_order, i.product_id) filter (
          where s.added_price <> e.price or (s.added_price is not null and e.price is null))), '[]') as changes
      from orders.cart_items s
      join products.products p on p.product_id = s.product_id
      left join products.product_enriched e on e.product_id = s.product_id
      left join products.departments d on d.department_id = p.department_id
      left join products.aisles a on a.aisle_id = p.aisle_id
      cross join lateral (
        select s.product_id, s.quantity, s.add_to_cart_order, s.reordered, p.product_name, a.aisle_name,
          d.department_name, e.description, e.price, e.image_url
      ) i
      cross join lateral (select s.product_id, s.added_price as old_price, e.price as new_price) changed
      where s.cart_id = c.cart_id
    ) read
  ) fields
) as document
from orders.carts c
join users.users u on u.id = c.user_id;

-- One more item, or more of it: one look at the user, one at the cart, no JSON in between.
create function bench_best.add_cart_item(of_user uuid, item jsonb, if_match text[]) returns bench_best.cart_documents
language plpgsql as $$
declare
  owner_id bigint;
  cart orders.carts;
  finished bench_best.cart_documents;
begin
  select id into owner_id from users.users where external_user_id = of_user;
  if owner_id is null then
    perform bench_reference.refuse('USER_NOT_FOUND');
  end if;
  select * into cart from orders.carts where user_id = owner_id for update;
  if cart.cart_id is null or if_match is not null then
    cart.cart_id := bench_reference.open_cart(owner_id, if_match);
  end if;
  insert into orders.cart_items as known (cart_id, product_id, quantity, add_to_cart_order, reordered, added_price)
  select cart.cart_id, p.product_id, coalesce((item ->> 'quantity')::integer, 1),
    1 + coalesce((select max(add_to_cart_order) from orders.cart_items i where i.cart_id = cart.cart_id), 0),
    coalesce((item ->> 'reordered')::smallint, 0), e.price
  from products.products p left join products.product_enriched e using (product_id)
  where p.product_id = (item ->> 'product_id')::integer
  on conflict (cart_id, product_id) do update set quantity = known.quantity + excluded.quantity;
  if not found then
    perform bench_reference.refuse('PRODUCTS_NOT_FOUND',
      jsonb_build_object('products', jsonb_build_array(item -> 'product_id')));
  end if;
  update orders.carts set updated_at = updated_at where cart_id = cart.cart_id;
  select * into finished from bench_best.cart_documents d where d.cart_id = cart.cart_id;
  return finished;
end
$$;
