-- What the gateway's login may grant and revoke.
create or replace function gateway.own_rights(
  out owns_database boolean, out owns_public boolean, out is_superuser boolean)
language sql stable as $$
  select (select pg_has_role(datdba, 'usage') from pg_database where datname = current_database()),
    coalesce((select pg_has_role(nspowner, 'usage') from pg_namespace where nspname = 'public'), false),
    current_setting('is_superuser') = 'on'
$$;
