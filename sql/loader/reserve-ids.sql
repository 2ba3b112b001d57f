-- Moves the sequence of products behind the ids that are about to be written: who creates a product meanwhile does not
-- wait for one of them. Never back.
select setval('products.products_product_id_seq', greatest((select max(product_id) + 1 from chosen_products),
  (select last_value + is_called::integer from products.products_product_id_seq)), false)
