-- The descriptions and prices that are new; where one came to be meanwhile, as the file has it.
insert into products.product_enriched (product_id, description, price, image_url)
select product_id, description, price, image_url from chosen_enriched where not known
on conflict (product_id) do update set
  description = excluded.description, price = excluded.price, image_url = excluded.image_url
