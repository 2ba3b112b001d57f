-- Refuses with PRODUCT_NOT_PRICED products without a price, where there are any and the caller says that such are not
-- sold (`sell_unpriced` false). Null is a gateway of before, which knows neither the setting nor the refusal.
create or replace function orders.refuse_unpriced(products integer[], sell_unpriced boolean) returns void
language plpgsql as $$
begin
  if sell_unpriced is false and cardinality(products) > 0 then
    perform gateway.refuse('PRODUCT_NOT_PRICED', jsonb_build_object('products',
      array(select p from unnest(products) p order by p)));
  end if;
end
$$;
