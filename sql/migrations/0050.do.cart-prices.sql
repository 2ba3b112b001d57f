-- What an item cost when it was put into the cart, so that the cart can name what has changed since. Null: it had no
-- price then, or a gateway of the release before put it there.
alter table orders.cart_items add column added_price numeric(10, 2);
comment on column orders.cart_items.added_price is
  'The price when the item was put in; null: none, or not known. A cart is always at today''s prices.';
