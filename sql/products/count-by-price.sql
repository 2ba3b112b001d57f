-- How many products fit list-by-price.sql's filters. Prices alone are counted in their index; the products of a department or
-- aisle are looked up in a hash, which is only made where one is asked for.
-- $1 departments text[]: names in lower case; null for any, as the next two
-- $2 department_id integer
-- $3 aisle_id integer
-- $4 min_price numeric: null for any, as the next
-- $5 max_price numeric
-- $6 in_stock boolean: true for those that are not sold out; one that is not tracked never is
select count(*) as total
from products.product_enriched e
where e.price between coalesce($4::numeric, 0) and coalesce($5::numeric, 'infinity')
  and (($1::text[] is null and $2::integer is null and $3::integer is null) or e.product_id in (
    select product_id from products.products
    where ($1::text[] is null or department_id in (
        select department_id from products.departments where lower(department_name) = any ($1)))
      and ($2::integer is null or department_id = $2)
      and ($3::integer is null or aisle_id = $3)))
  and ($6::boolean is not true or not exists (
    select from products.inventory i where i.product_id = e.product_id and i.stock = 0))
