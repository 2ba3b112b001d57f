-- A product as the management API shows it: with its price in cents, and its stock (null: not tracked).
create or replace view products.managed_products as
select p.product_id as id, p.version, p.product_name as name, (e.price * 100)::bigint as price_cents, s.stock
from products.products p
left join products.product_enriched e on e.product_id = p.product_id
left join products.inventory s on s.product_id = p.product_id;
