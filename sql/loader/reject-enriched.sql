-- Descriptions and prices that are not valid.
insert into loader_rejects (file, line, reason)
select file, line, reason
from (
  select s.file, s.line, case
    when s.fault is not null then s.fault
    when p.product_id is null then 'there is no product ' || s.product_id
  end as reason
  from staged_enriched s
  left join products.products p on p.product_id = s.product_id::integer
) checked
where reason is not null
