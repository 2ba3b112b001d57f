-- The stocks of products that were not tracked yet; of one that came to be meanwhile, the file's counts.
insert into products.inventory (product_id, stock)
select product_id, stock from chosen_inventory where not known order by product_id
on conflict (product_id) do update set stock = excluded.stock, updated_at = now()
