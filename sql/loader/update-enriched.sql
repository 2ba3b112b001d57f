-- The descriptions and prices that are there already, as the file has them now.
-- $1 kept_columns text[]: what the file does not have, and leaves as it is
update products.product_enriched e set
  description = case when 'description' = any ($1::text[]) then e.description else c.description end,
  price = case when 'price' = any ($1) then e.price else c.price end,
  image_url = case when 'image_url' = any ($1) then e.image_url else c.image_url end
from chosen_enriched c
where c.known and e.product_id = c.product_id
  and (not 'description' = any ($1) and e.description is distinct from c.description
    or not 'price' = any ($1) and e.price is distinct from c.price
    or not 'image_url' = any ($1) and e.image_url is distinct from c.image_url)
