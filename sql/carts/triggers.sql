-- The version of a cart, which its ETag is made of.
create or replace trigger carts_touch before update on orders.carts
for each row execute function gateway.touch();
