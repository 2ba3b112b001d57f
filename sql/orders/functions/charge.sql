-- Tax and shipping of an order that has rates of its own, whoever changes its items: tax rounded to cents,
-- half up; shipping below free_shipping_from.
create or replace function orders.charge() returns trigger
language plpgsql as $$
begin
  new.tax := round(new.total_price * new.tax_rate, 2);
  new.shipping_cost := case when new.total_price < new.free_shipping_from then new.shipping_rate else 0 end;
  return new;
end
$$;
