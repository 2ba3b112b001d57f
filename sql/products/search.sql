-- As list.sql, for products whose name contains a text; the name's trigram index finds them.
-- $1 departments text[]: names in lower case; null for any, as the next two
-- $2 department_id integer
-- $3 aisle_id integer
-- $4 after_id integer: the last product seen
-- $5 limit bigint
-- $6 offset bigint
-- $7 min_price numeric: null for any, as the next
-- $8 max_price numeric
-- $9 pattern text: for ilike
select p.version, p.product_id, p.product_name, p.department_id, d.department_name, p.aisle_id, a.aisle_name,
  e.description, e.price, e.image_url
from products.products p
left join products.product_enriched e on e.product_id = p.product_id
left join products.departments d on d.department_id = p.department_id
left join products.aisles a on a.aisle_id = p.aisle_id
where p.product_name ilike $9
  and p.product_id > coalesce($4::integer, -2147483648)
  and ($1::text[] is null or lower(d.department_name) = any ($1))
  and ($2::integer is null or p.department_id = $2)
  and ($3::integer is null or p.aisle_id = $3)
  and ($7::numeric is null or e.price >= $7)
  and ($8::numeric is null or e.price <= $8)
order by p.product_id
limit $5 offset $6
