-- How many products fit search.sql's filters.
-- $1 departments text[]: names in lower case; null for any, as the next two
-- $2 department_id integer
-- $3 aisle_id integer
-- $4 min_price numeric: null for any, as the next
-- $5 max_price numeric
-- $6 pattern text: for ilike
-- $7 in_stock boolean: true for those that are not sold out; one that is not tracked never is
select count(*) as total
from products.products
where product_name ilike $6
  and ($1::text[] is null or department_id in (
    select department_id from products.departments where lower(department_name) = any ($1)))
  and ($2::integer is null or department_id = $2)
  and ($3::integer is null or aisle_id = $3)
  and (coalesce($4::numeric, $5::numeric) is null or (
    select price between coalesce($4, 0) and coalesce($5, 'infinity')
    from products.product_enriched e where e.product_id = products.product_id))
  and ($7::boolean is not true or not exists (
    select from products.inventory i where i.product_id = products.product_id and i.stock = 0))
