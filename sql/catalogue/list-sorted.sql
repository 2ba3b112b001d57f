-- As search.sql, in an order that is asked for, or of products that are named; a page without products is one row with
-- the total alone.
-- $1 sort text: product_id, name, price, -price, popularity
-- $2 ids integer[]: null for any, as the next five
-- $3 q text
-- $4 departments text[]
-- $5 department_id integer
-- $6 aisle_id integer
-- $7 min_price numeric
-- $8 max_price numeric
-- $9 in_stock boolean: true for those that are not sold out
-- $10 after_key text: what the last product seen is sorted by
-- $11 after_id integer: its id
-- $12 limit bigint
-- $13 offset bigint
select m.total, page.key, p.version, p.product_id, p.product_name, p.department_id, d.department_name, p.aisle_id,
  a.aisle_name, e.description, e.price, e.image_url
from products.sorted_page($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) m
left join lateral (
  select id, key, place from unnest(m.ids, m.keys) with ordinality u (id, key, place)
) page on true
left join lateral (
  select version, product_id, product_name, department_id, aisle_id from products.products
  where product_id = page.id offset 0
) p on true
left join lateral (
  select description, price, image_url from products.product_enriched where product_id = page.id offset 0
) e on true
left join products.departments d on d.department_id = p.department_id
left join products.aisles a on a.aisle_id = p.aisle_id
order by page.place
