-- As list.sql, for products whose names contain every word of a text (or else are near it), and for those within a
-- range of prices. products.matching reads them once, for the page and the exact total; a page without products is one
-- row with the total alone.
-- $1 departments text[]: names, whatever their case and accents; null for any, as the next two
-- $2 department_id integer
-- $3 aisle_id integer
-- $4 after_id integer: the last product seen
-- $5 limit integer
-- $6 offset integer
-- $7 min_price numeric: null for any, as the next
-- $8 max_price numeric
-- $9 q text: null for any
-- $10 in_stock boolean: true for those that are not sold out; one that is not tracked never is
select cardinality(m.ids)::bigint as total, m.is_near, p.version, p.product_id, p.product_name, p.department_id,
  d.department_name, p.aisle_id, a.aisle_name, e.description, e.price, e.image_url
from products.matching($9, $1, $2, $3, $7, $8, $10) m
left join lateral (
  select id, place
  from unnest(case when $4::integer is null then m.ids[$6::integer + 1:$6 + $5::integer] else m.ids end)
    with ordinality u (id, place)
  where (id > $4) is not false
  order by place
  limit $5 offset case when $4 is null then 0 else $6 end
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
