-- Refuses with PRODUCT_NOT_PRICED lines without a price, naming their products, where the caller says that such are not sold
-- (`sell_unpriced` false). Null is a gateway of before, which knows neither the setting nor the refusal.
create or replace function orders.refuse_unpriced(lines orders.order_items[], sell_unpriced boolean) returns void
language plpgsql as $$
declare
  unpriced jsonb;
begin
  if sell_unpriced is not false then
    return;
  end if;
  select jsonb_agg(l.product_id order by l.product_id) into unpriced from unnest(lines) l where l.price is null;
  if unpriced is not null then
    perform gateway.refuse('PRODUCT_NOT_PRICED', jsonb_build_object('products', unpriced));
  end if;
end
$$;
