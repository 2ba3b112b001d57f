-- PATCH of many products: one after the other as products.change_product, in the order of their ids, in which all lock
-- stocks. One that is refused keeps none of the others from being changed. Returns, in the order of `changes`, a null
-- for each that was changed and the code of its refusal for each other.
create or replace function products.change_products(changes jsonb, context jsonb) returns text[]
language plpgsql as $$
declare
  change record;
  refusals text[] := array_fill(null::text, array[jsonb_array_length(changes)]);
begin
  for change in
    select (item ->> 'id')::integer as id, item - 'id' as fields, place::integer as place
    from jsonb_array_elements(changes) with ordinality as i (item, place)
    order by 1, 3
  loop
    begin
      perform products.change_product(change.id, change.fields, null, context);
    exception when sqlstate 'DB001' then
      refusals[change.place] := sqlerrm;
    end;
  end loop;
  return refusals;
end
$$;
