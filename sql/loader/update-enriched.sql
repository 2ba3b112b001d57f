-- The descriptions and prices that are there already, as the file has them now.
update products.product_enriched e set
  description = c.description, price = c.price, image_url = c.image_url
from chosen_enriched c
where c.known and e.product_id = c.product_id
  and (e.description, e.price, e.image_url) is distinct from (c.description, c.price, c.image_url)
