-- Of the valid products, the last row for each key.
create temp table chosen_products on commit drop as
select distinct on (s.product_id::integer) s.file, s.product_id::integer as product_id, s.product_name,
  s.department_id::integer as department_id, s.aisle_id::integer as aisle_id,
  p.product_id is not null as known
from staged_products s
left join products.products p on p.product_id = s.product_id::integer
where not exists (select from loader_rejects r where r.file = s.file and r.line = s.line)
order by s.product_id::integer, s.file desc, s.line desc
