-- Chosen stocks with a SKU that another product has. Whichever has it in the database keeps it, then the first to come.
insert into loader_rejects (file, line, reason)
select file, line, 'another product has this SKU: ' || sku
from (
  select c.file, c.line, c.sku,
    row_number() over (partition by c.sku order by c.has_sku desc, c.claim) > 1
    or exists (
      select from products.products p
      where p.sku = c.sku and p.product_id <> c.product_id
        and not exists (
          select from chosen_inventory changed
          where changed.product_id = p.product_id and changed.sku is not null)
    ) as is_taken
  from chosen_inventory c
  where c.sku is not null
) checked
where is_taken
