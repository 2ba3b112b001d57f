-- What orders.order_items held when these copies were taken, so that a column more there changes nothing here.
create type bench_reference.line as (
  order_id bigint, product_id integer, id bigint, quantity integer, add_to_cart_order integer, reordered smallint,
  price numeric(10, 2), product_name text, product_sku text, image_url text, product_attributes jsonb,
  stock_taken integer, ordered_at timestamptz
);
