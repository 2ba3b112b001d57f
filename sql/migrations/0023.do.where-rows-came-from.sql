-- What a load of CSV files must know to replace only what an earlier load brought (contract, section 10).

-- Whether an order was placed here (by default, also by an older gateway) or loaded. Null: a row from before this column, which
-- orders.is_placed_here judges by its request_id; the column costs no rewrite of the table like this.
alter table orders.orders add column placed_here boolean;
alter table orders.orders alter column placed_here set default true;

-- When somebody last changed the address or password here: from then on a load leaves both as they are.
alter table users.users add column credentials_changed_at timestamptz;

-- The ids of users who were erased, and nothing else of them, so that their row of a CSV file does not bring them back.
create table users.erased_ids (
  id bigint constraint erased_ids_pkey primary key,
  erased_at timestamptz not null default now()
);
