-- How many products fit list.sql's filters, from the numbers kept ready.
-- $1 departments text[]: names in lower case; null for any, as the next two
-- $2 department_id integer
-- $3 aisle_id integer
select coalesce(sum(c.products), 0)::bigint as total
from products.product_counts c
left join products.departments d on d.department_id = c.department_id
where ($1::text[] is null or lower(d.department_name) = any ($1))
  and ($2::integer is null or c.department_id = $2)
  and ($3::integer is null or c.aisle_id = $3)
