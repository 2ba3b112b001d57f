-- What an order of the storefront is charged by: all three, or none for an order of another face, which carries item prices
-- only. Kept with the order, so that items added later are charged by the same rates, whatever the settings say by then.
alter table orders.orders
  add column tax_rate numeric,
  add column shipping_rate numeric,
  add column free_shipping_from numeric,
  add constraint orders_rates_check check (
    num_nulls(tax_rate, shipping_rate, free_shipping_from) in (0, 3)
    and tax_rate between 0 and 1 and shipping_rate >= 0 and free_shipping_from >= 0);
