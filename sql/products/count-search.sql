-- How many products fit search.sql's filters.
-- $1 departments text[]: names in lower case; null for any, as the next two
-- $2 department_id integer
-- $3 aisle_id integer
-- $4 min_price numeric: null for any, as the next
-- $5 max_price numeric
-- $6 pattern text: for ilike
select count(*) as total
from products.products p
left join products.product_enriched e on e.product_id = p.product_id
left join products.departments d on d.department_id = p.department_id
where p.product_name ilike $6
  and ($1::text[] is null or lower(d.department_name) = any ($1))
  and ($2::integer is null or p.department_id = $2)
  and ($3::integer is null or p.aisle_id = $3)
  and ($4::numeric is null or e.price >= $4)
  and ($5::numeric is null or e.price <= $5)
