-- Of the valid descriptions and prices, the last row for each product.
create temp table chosen_enriched on commit drop as
select distinct on (s.product_id::integer) s.file, s.product_id::integer as product_id, s.description,
  s.price::numeric as price, s.image_url,
  e.product_id is not null as known
from staged_enriched s
left join products.product_enriched e on e.product_id = s.product_id::integer
where not exists (select from loader_rejects r where r.file = s.file and r.line = s.line)
order by s.product_id::integer, s.file desc, s.line desc
