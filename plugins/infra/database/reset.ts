import type { Sql } from 'postgres'

/** Drops everything the gateway ever made in its database; migrating builds it anew. Not while somebody migrates or loads. */
export async function reset (sql: Sql): Promise<void> {
  await sql.unsafe(`
    select pg_advisory_xact_lock(70000001);
    drop schema if exists users, products, orders, gateway, pgboss cascade;
    drop table if exists public.schemaversion;
  `).simple()
}
