-- Lets a role read the shop's catalogue: the tables and views of schema products, but for who moved a stock. Writes
-- nothing where it may already.
create or replace function gateway.grant_catalogue(role name) returns void
language plpgsql as $$
declare
  relation regclass;
begin
  if not has_schema_privilege(role, 'products', 'usage') then
    execute format('grant usage on schema products to %I', role);
  end if;
  for relation in
    select oid from pg_class
    where relnamespace = 'products'::regnamespace and relkind in ('r', 'p', 'v', 'm')
      and oid <> 'products.stock_movements'::regclass
      and not has_table_privilege(role, oid, 'select')
  loop
    execute format('grant select on %s to %I', relation, role);
  end loop;
end
$$;
