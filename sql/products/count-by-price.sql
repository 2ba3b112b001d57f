-- How many products fit list-by-price.sql's filters.
-- $1 departments text[]: names in lower case; null for any, as the next two
-- $2 department_id integer
-- $3 aisle_id integer
-- $4 min_price numeric: null for any, as the next
-- $5 max_price numeric
select count(*) as total
from products.product_enriched e
join products.products p on p.product_id = e.product_id
left join products.departments d on d.department_id = p.department_id
where e.price between coalesce($4::numeric, 0) and coalesce($5::numeric, 'infinity')
  and ($1::text[] is null or lower(d.department_name) = any ($1))
  and ($2::integer is null or p.department_id = $2)
  and ($3::integer is null or p.aisle_id = $3)
