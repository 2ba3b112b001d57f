-- What products are sorted by, kept ready. Writers wait until the migration is over: none is missed.
lock table products.products, products.product_enriched, orders.order_items in share row exclusive mode;

-- Beside the products, not in them: their rows are wide, have indexes for search, and a version that callers see.
create table products.rankings (
  product_id integer constraint rankings_pkey primary key
    constraint rankings_product_id_fkey references products.products on delete cascade,
  price numeric(10, 2),
  popularity bigint not null default 0
);
comment on table products.rankings is
  'What each product is sorted by: its price (products.rank_prices keeps it), and how often it was ordered '
  '(sql/catalogue/rank-popularity.sql).';
-- Each in ascending order with the id behind it, so that a page begins behind two values, by one comparison. What has
-- no price comes last either way.
create index rankings_price_idx on products.rankings ((coalesce(price, 'infinity')), product_id);
comment on index products.rankings_price_idx is 'sql/catalogue/functions/sorted-page.sql: the cheapest first.';
create index rankings_price_descending_idx on products.rankings ((coalesce(-price, 'infinity')), product_id);
comment on index products.rankings_price_descending_idx is
  'sql/catalogue/functions/sorted-page.sql: the dearest first.';
create index rankings_popularity_idx on products.rankings ((-popularity), product_id);
comment on index products.rankings_popularity_idx is
  'sql/catalogue/functions/sorted-page.sql: what was ordered most often first.';
-- As search compares names, byte by byte: the same order on every database. An index takes no text of any length.
create index products_name_idx on products.products ((left(search_name, 100) collate "C"), product_id);
comment on index products.products_name_idx is 'sql/catalogue/functions/sorted-page.sql: by name.';

-- An order does not update what counts it, which all who order something popular would wait for: it leaves a row here.
create table orders.popularity_changes (
  id bigint generated always as identity constraint popularity_changes_pkey primary key,
  change smallint not null,
  products integer[] not null
);
comment on table orders.popularity_changes is
  'Products that were ordered (change: 1), or whose orders were deleted (-1), and are not yet in products.rankings '
  '(sql/catalogue/rank-popularity.sql).';

insert into products.rankings (product_id, price, popularity)
select p.product_id, e.price, coalesce(settled.orders, 0) + coalesce(recent.orders, 0)
from products.products p
left join products.product_enriched e on e.product_id = p.product_id
left join (
  select product_id, sum(orders) as orders from orders.product_totals group by product_id
) settled on settled.product_id = p.product_id
left join (
  -- Of the last week, or all of them where none is settled yet.
  select product_id, count(*) as orders from orders.order_items
  where ordered_at >= (select until from orders.settled_orders)
  group by product_id
) recent on recent.product_id = p.product_id;
