-- The contract's three schemas, which other readers in the company query directly, and one for the gateway's own bookkeeping.
create schema users;
create schema products;
create schema orders;
create schema gateway;

-- Trigram indexes answer `ilike '%text%'`; the extension is trusted, so the owner of the database may create it.
create extension if not exists pg_trgm;

-- Which version of each file in sql/views and sql/functions the database holds: an unchanged file is not run again, because
-- re-creating a trigger waits for every write under way on its table.
create table gateway.definitions (
  file text constraint definitions_pkey primary key,
  checksum text not null
);

-- The first answer to an Idempotency-Key, kept for 24 hours. A refusal (409, 404 …) is an answer too.
create table gateway.idempotency_keys (
  caller text not null,
  key text not null,
  request_hash text not null,
  order_id bigint,
  answer text,
  refusal jsonb,
  created_at timestamptz not null default now(),
  constraint idempotency_keys_pkey primary key (caller, key)
);
create index idempotency_keys_order_id_idx on gateway.idempotency_keys (order_id);
create index idempotency_keys_created_at_idx on gateway.idempotency_keys (created_at);
