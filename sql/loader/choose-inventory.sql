-- Of the valid stocks, the last row for each product. `claim` is the place of the row with which it first took this
-- SKU.
create temp table chosen_inventory on commit drop as
select distinct on (s.product_id::integer) s.file, s.line, s.product_id::integer as product_id,
  s.stock::integer as stock, s.sku, i.product_id is not null as known,
  coalesce(p.sku = s.sku, false) as has_sku,
  min(array[s.file, s.line]) over (partition by s.product_id::integer, s.sku) as claim
from staged_inventory s
join products.products p on p.product_id = s.product_id::integer
left join products.inventory i on i.product_id = s.product_id::integer
where not exists (select from loader_rejects r where r.file = s.file and r.line = s.line)
order by s.product_id::integer, s.file desc, s.line desc
