import type { Sql } from 'postgres'

/** Drops everything the gateway ever made in its database; migrating builds it anew. */
export async function reset (sql: Sql): Promise<void> {
  await sql.unsafe(`
    drop schema if exists users, products, orders, gateway, pgboss cascade;
    drop table if exists public.schemaversion;
  `).simple()
}
