-- What is sold out, so that a count or a page of what is not costs what that is, and not a look at all stock. Not an index on the
-- stock: an order's update of it would then write to every index of the row.
create table products.sold_out (
  product_id integer constraint sold_out_pkey primary key
    constraint sold_out_product_id_fkey references products.inventory on delete cascade
);

create function products.keep_sold_out() returns trigger
language plpgsql as $$
begin
  if new.stock = 0 then
    insert into products.sold_out (product_id) values (new.product_id) on conflict (product_id) do nothing;
  else
    delete from products.sold_out where product_id = new.product_id;
  end if;
  return null;
end
$$;

-- Only where the stock reaches zero or leaves it. Whoever changes it holds the row's lock, which orders the writes to the copy.
create trigger inventory_sold_out_inserted after insert on products.inventory
for each row when (new.stock = 0) execute function products.keep_sold_out();
create trigger inventory_sold_out_updated after update of stock on products.inventory
for each row when ((old.stock = 0) <> (new.stock = 0)) execute function products.keep_sold_out();

insert into products.sold_out (product_id) select product_id from products.inventory where stock = 0;
