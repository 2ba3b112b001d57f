-- The version of a product, which its ETag is made of; description, price and image count as well.
create or replace trigger products_touch before update on products.products
for each row execute function gateway.touch();

create or replace trigger product_enriched_touch after update on products.product_enriched
for each row when (old.* is distinct from new.*) execute function products.touch_product();

-- The numbers of products kept ready (products.product_counts).
create or replace trigger products_count_inserted after insert on products.products
referencing new table as added for each statement execute function products.count_products();

create or replace trigger products_count_updated after update on products.products
referencing old table as removed new table as added for each statement execute function products.count_products();

create or replace trigger products_count_deleted after delete on products.products
referencing old table as removed for each statement execute function products.count_products();

-- The prices that products are sorted by (products.rankings).
create or replace trigger product_enriched_rank_inserted after insert on products.product_enriched
referencing new table as added for each statement execute function products.rank_prices();

create or replace trigger product_enriched_rank_updated after update on products.product_enriched
referencing new table as added for each statement execute function products.rank_prices();

create or replace trigger product_enriched_rank_deleted after delete on products.product_enriched
referencing old table as removed for each statement execute function products.rank_prices();

-- Why each stock is what it is (products.stock_movements).
create or replace trigger inventory_record_inserted after insert on products.inventory
referencing new table as added for each statement execute function products.record_movements();

create or replace trigger inventory_record_updated after update on products.inventory
referencing old table as removed new table as added for each statement execute function products.record_movements();

create or replace trigger inventory_record_deleted after delete on products.inventory
referencing old table as removed for each statement execute function products.record_movements();
