-- Release 1.0 took rights from PUBLIC and gave them to every role of the server one by one, 749 grants each, which kept roles from being
-- dropped and left roles made later without the catalogues. PUBLIC gets back what it took, and the roles lose what PUBLIC has again.
-- (Where it is to be taken: gateway.harden.) Only where 1.0 has been: its functions, which know what it took, are there until the
-- definitions are brought up to date, after this.
do $$
declare
  is_superuser constant boolean := current_setting('is_superuser') = 'on';
  routines text;
  catalogues text;
  other name;
begin
  if to_regprocedure('gateway.withdraw_public_rights()') is null then
    return;
  end if;

  if (select pg_has_role(datdba, 'usage') from pg_database where datname = current_database())
    and not has_database_privilege('public', current_database(), 'temporary') then
    execute format('grant temporary on database %I to public', current_database());
    for other in
      select r.rolname from pg_database d, aclexplode(d.datacl) a join pg_roles r on r.oid = a.grantee
      where d.datname = current_database() and a.privilege_type = 'TEMPORARY' and a.grantee <> d.datdba
    loop
      execute format('revoke temporary on database %I from %I', current_database(), other);
    end loop;
  end if;

  if (select pg_has_role(nspowner, 'usage') from pg_namespace where nspname = 'public')
    and not has_schema_privilege('public', 'public', 'usage') then
    grant usage on schema public to public;
    for other in
      select r.rolname from pg_namespace n, aclexplode(n.nspacl) a join pg_roles r on r.oid = a.grantee
      where n.nspname = 'public' and a.privilege_type = 'USAGE' and a.grantee <> n.nspowner
    loop
      execute format('revoke usage on schema public from %I', other);
    end loop;
  end if;

  routines := gateway.public_routines('products');
  if routines is not null then
    execute format('grant execute on routine %s to public', routines);
  end if;

  if is_superuser and not has_schema_privilege('public', 'information_schema', 'usage') then
    routines := gateway.public_routines('pg_catalog');
    catalogues := gateway.public_catalogues();
    execute format('grant execute on routine %s to public', routines);
    execute format('grant select on %s to public', (
      select string_agg(distinct i.objoid::regclass::text, ', ')
      from pg_init_privs i join pg_class c on c.oid = i.objoid, aclexplode(i.initprivs) a
      where i.classoid = 'pg_class'::regclass and i.objsubid = 0 and c.relnamespace = 'pg_catalog'::regnamespace and a.grantee = 0));
    -- Of pg_subscription everybody may read some columns, and 1.0 gave all of them.
    execute (
      select string_agg(format('grant select (%I) on %s to public', c.attname, c.attrelid::regclass), '; ')
      from pg_init_privs i join pg_attribute c on c.attrelid = i.objoid and c.attnum = i.objsubid, aclexplode(i.initprivs) a
      where i.classoid = 'pg_class'::regclass and i.objsubid > 0 and a.grantee = 0);
    grant update on pg_catalog.pg_settings to public;
    grant usage on schema information_schema to public;
    for other in
      select r.rolname from pg_namespace n, aclexplode(n.nspacl) a join pg_roles r on r.oid = a.grantee
      where n.nspname = 'information_schema' and a.grantee <> n.nspowner
    loop
      execute format('revoke execute on routine %s from %I', routines, other);
      execute format('revoke select on %s from %I', catalogues, other);
      execute format('revoke usage on schema information_schema from %I', other);
    end loop;
  end if;
end
$$;
