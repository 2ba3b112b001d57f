-- The descriptions and prices that are new.
insert into products.product_enriched (product_id, description, price, image_url)
select product_id, description, price, image_url from chosen_enriched where not known
