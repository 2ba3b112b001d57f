-- How many products match list.sql's filters, from the numbers kept ready, less those that are sold out where they do not count.
-- $1 departments text[]: names, whatever their case and accents; null for any, as the next two
-- $2 department_id integer
-- $3 aisle_id integer
-- $4 in_stock boolean: true for those that are not sold out
select coalesce(sum(c.products), 0)::bigint - case
    when $4::boolean is not true then 0
    when $1::text[] is null and $2::integer is null and $3::integer is null then (select count(*) from products.sold_out)
    else (
      select count(*) from products.sold_out s
      join products.products p on p.product_id = s.product_id
      where ($1 is null or p.department_id in (select unnest(products.department_ids($1))))
        and ($2 is null or p.department_id = $2)
        and ($3 is null or p.aisle_id = $3))
  end as total
from products.product_counts c
where ($1::text[] is null or c.department_id in (select unnest(products.department_ids($1))))
  and ($2::integer is null or c.department_id = $2)
  and ($3::integer is null or c.aisle_id = $3)
