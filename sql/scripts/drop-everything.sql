-- Drops everything the gateway ever made in its database, in one transaction, and tells which ids would have come next:
-- those given out stand in events, emails and invoices, so none comes twice, not even after this. Nobody gets one
-- between the look and the drop. Not while somebody migrates or loads (sql/migrating/begin.sql).
select pg_advisory_xact_lock(70000001);
do $$
declare
  kept jsonb := '{}';
begin
  if to_regclass('users.users_id_seq') is not null and to_regclass('orders.orders_id_seq') is not null then
    lock table users.users, orders.orders in access exclusive mode;
    kept := jsonb_build_object(
      'users', (select last_value + is_called::integer from users.users_id_seq),
      'orders', (select last_value + is_called::integer from orders.orders_id_seq));
  end if;
  perform set_config('db_service.kept', kept::text, true);
end
$$;
drop schema if exists users, products, orders, gateway, pgboss cascade;
-- Its views have gone with their tables; what others have put there stays, and stops this.
drop schema if exists legacy;
drop table if exists public.schemaversion;
select current_setting('db_service.kept') as kept
