-- A page of the catalogue with the number of all that fit, in one round trip; a page without products is one row with
-- the total alone. The departments' ids are looked up once.
-- $1 departments text[]
-- $2 department_id integer
-- $3 aisle_id integer
-- $4 after_id integer
-- $5 limit bigint
-- $6 offset bigint
-- $7 in_stock boolean
with named as materialized (
  select case when $1::text[] is not null then bench_best.department_ids($1) end as ids
),
counted as (
  select coalesce(sum(c.products), 0)::bigint - case
      when $7::boolean is not true then 0
      when $1 is null and $2::integer is null and $3::integer is null then (select count(*) from products.sold_out)
      else (
        select count(*) from products.sold_out s
        join products.products p on p.product_id = s.product_id
        where ($1 is null or p.department_id = any ((select ids from named)::integer[]))
          and ($2 is null or p.department_id = $2)
          and ($3 is null or p.aisle_id = $3))
    end as total
  from products.product_counts c
  where ($1 is null or c.department_id = any ((select ids from named)::integer[]))
    and ($2 is null or c.department_id = $2)
    and ($3 is null or c.aisle_id = $3)
)
select t.total, p.version, p.product_id, p.product_name, p.department_id, d.department_name, p.aisle_id, a.aisle_name,
  e.description, e.price, e.image_url
from counted t
left join lateral (
  select product_id, product_name, department_id, aisle_id, version
  from products.products
  where product_id > coalesce($4::integer, -2147483648)
    and ($1 is null or department_id = any ((select ids from named)::integer[]))
    and ($2 is null or department_id = $2)
    and ($3 is null or aisle_id = $3)
    and ($7 is not true or not exists (select from products.sold_out s where s.product_id = products.product_id))
  order by product_id
  limit $5 offset $6
) p on true
left join lateral (
  select description, price, image_url from products.product_enriched where product_id = p.product_id offset 0
) e on true
left join products.departments d on d.department_id = p.department_id
left join products.aisles a on a.aisle_id = p.aisle_id
order by p.product_id
