-- The database after all migrations, to be read: nothing runs this. Written by `node scripts/schema.ts`.
-- Tables come with their constraints, indexes and triggers, types with their fields; views with their columns, functions with their signatures, and the files they are in.

-- ---------- Schema gateway ----------
-- Which version of each file of views, functions and triggers the database holds: an unchanged file is not run again.
create table gateway.definitions (
  file text not null,
  checksum text not null,
  constraint definitions_pkey PRIMARY KEY (file)
);

-- Emails: queue, ledger and dead letters in one. One for each reminder, and for each entry of an order's history. Neither address nor text stand here.
create table gateway.emails (
  id bigint generated always as identity,
  message_id uuid not null default gen_random_uuid(),
  user_id bigint not null,
  due_at timestamp with time zone,
  history_id bigint,
  queued_at timestamp with time zone not null default now(),
  next_attempt_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null default (now() + '3 days'::interval),
  attempts integer not null default 0,
  last_error text,
  server_away boolean not null default false,
  accepted_at timestamp with time zone,
  failed_at timestamp with time zone,
  traceparent text,
  constraint emails_pkey PRIMARY KEY (id),
  constraint emails_history_id_key UNIQUE (history_id),
  constraint emails_message_id_key UNIQUE (message_id),
  constraint emails_user_id_due_at_key UNIQUE (user_id, due_at),
  constraint emails_history_id_fkey FOREIGN KEY (history_id) REFERENCES orders.order_status_history(history_id) ON DELETE CASCADE,
  constraint emails_reminder_fkey FOREIGN KEY (user_id, due_at) REFERENCES users.reminders(user_id, due_at) ON DELETE CASCADE,
  constraint emails_user_id_fkey FOREIGN KEY (user_id) REFERENCES users.users(id) ON DELETE CASCADE,
  constraint emails_subject_check CHECK ((num_nonnulls(due_at, history_id) = 1))
) with (autovacuum_vacuum_scale_factor=0.01, autovacuum_vacuum_threshold=5000);
-- sql/notifications/clear-emails.sql: those sent long ago, the oldest first.
CREATE INDEX emails_accepted_idx ON gateway.emails USING btree (accepted_at) WHERE (accepted_at IS NOT NULL);
-- sql/notifications/expire-emails.sql: those whose time is over, the oldest first.
CREATE INDEX emails_expiring_idx ON gateway.emails USING btree (expires_at) WHERE ((accepted_at IS NULL) AND (failed_at IS NULL) AND (expires_at > '-infinity'::timestamp with time zone));
-- sql/operations/list-failed.sql, sql/operations/count-failed-emails.sql, sql/operations/retry-emails.sql, sql/notifications/clear-emails.sql: what has failed, by time.
CREATE INDEX emails_failed_idx ON gateway.emails USING btree (failed_at, id) WHERE (failed_at IS NOT NULL);
-- sql/notifications/hasten-emails.sql: those that wait for the mail server to be back.
CREATE INDEX emails_server_away_idx ON gateway.emails USING btree (id) WHERE ((accepted_at IS NULL) AND (failed_at IS NULL) AND server_away);
-- sql/notifications/claim-emails.sql: what is due, the longest waiting first.
CREATE INDEX emails_waiting_idx ON gateway.emails USING btree (next_attempt_at) WHERE ((accepted_at IS NULL) AND (failed_at IS NULL));

-- When a gateway with a broker was seen last. Without one in the last seven days events are not recorded.
create table gateway.event_publishers (
  queue text not null,
  last_seen timestamp with time zone not null,
  constraint event_publishers_pkey PRIMARY KEY (queue)
);

-- The first response to an Idempotency-Key, kept for 24 hours. A refusal is a response, too.
create table gateway.idempotency_keys (
  caller text not null,
  key text not null,
  request_hash text not null,
  order_id bigint,
  answer text,
  refusal jsonb,
  created_at timestamp with time zone not null default now(),
  user_id bigint,
  meaning_hash text,
  repeats integer not null default 0,
  last_repeated_at timestamp with time zone,
  constraint idempotency_keys_pkey PRIMARY KEY (caller, key),
  constraint idempotency_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users.users(id) ON DELETE CASCADE
);
-- sql/orders/clear-idempotency-keys.sql: keys of more than a day.
CREATE INDEX idempotency_keys_created_at_idx ON gateway.idempotency_keys USING btree (created_at);
-- sql/orders/list-timeline.sql: the key that an order was placed with.
CREATE INDEX idempotency_keys_order_id_idx ON gateway.idempotency_keys USING btree (order_id) WHERE (order_id IS NOT NULL);
-- idempotency_keys_user_id_fkey: the keys of a user who is erased.
CREATE INDEX idempotency_keys_user_id_idx ON gateway.idempotency_keys USING btree (user_id);

-- Which database this is: another one after each reset, so that a gateway notices that its own is gone.
create table gateway.instance (
  only_row boolean not null default true,
  id uuid not null default gen_random_uuid(),
  constraint instance_pkey PRIMARY KEY (only_row),
  constraint instance_only_row_check CHECK (only_row)
);

-- What was found when each of the shop's laws was last looked at: of the last days (month: infinity), and of each month's orders.
create table gateway.invariant_checks (
  invariant text not null,
  month date not null,
  broken bigint not null,
  examples jsonb not null,
  took_ms integer not null,
  checked_at timestamp with time zone not null default now(),
  constraint invariant_checks_pkey PRIMARY KEY (invariant, month)
);

-- What the files of sql/ made, so that what is gone from them can be told from what is somebody else's.
create table gateway.objects (
  kind text not null,
  name text not null,
  file text not null,
  retired_in integer,
  constraint objects_pkey PRIMARY KEY (kind, name)
);

-- The logins that release 1.0 made for /query.
create table gateway.query_roles (
  role name not null,
  constraint query_roles_pkey PRIMARY KEY (role)
);

-- The numbers of sql/version that the schema was brought to. The largest is the present one.
create table gateway.versions (
  version integer not null,
  migrated_at timestamp with time zone not null default now(),
  constraint versions_pkey PRIMARY KEY (version)
);

-- What is sent to webhooks: queue, ledger and dead letters in one. The event itself stands in orders.outbox.
create table gateway.webhook_deliveries (
  id bigint generated always as identity,
  webhook_id bigint not null,
  event_id bigint,
  order_id bigint,
  message_id uuid,
  created_at timestamp with time zone not null default now(),
  next_attempt_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null default (now() + '3 days'::interval),
  attempts integer not null default 0,
  is_delayed boolean not null default false,
  last_status integer,
  last_error text,
  took_ms integer,
  delivered_at timestamp with time zone,
  failed_at timestamp with time zone,
  constraint webhook_deliveries_pkey PRIMARY KEY (id),
  constraint webhook_deliveries_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES gateway.webhooks(id)
) with (autovacuum_vacuum_scale_factor=0.01, autovacuum_vacuum_threshold=5000);
-- sql/webhooks/functions/record-deliveries.sql: what need not wait longer when its consumer is back.
CREATE INDEX webhook_deliveries_delayed_idx ON gateway.webhook_deliveries USING btree (webhook_id, id) WHERE ((delivered_at IS NULL) AND (failed_at IS NULL) AND is_delayed);
-- sql/webhooks/functions/claim-deliveries.sql: what is due of each webhook.
CREATE INDEX webhook_deliveries_due_idx ON gateway.webhook_deliveries USING btree (webhook_id, next_attempt_at) WHERE ((delivered_at IS NULL) AND (failed_at IS NULL) AND (next_attempt_at > '-infinity'::timestamp with time zone));
-- sql/events/functions/note-cleared.sql: those of an event.
CREATE INDEX webhook_deliveries_event_idx ON gateway.webhook_deliveries USING btree (event_id) WHERE (event_id IS NOT NULL);
-- sql/webhooks/expire-deliveries.sql: those whose time is over, the oldest first.
CREATE INDEX webhook_deliveries_expiring_idx ON gateway.webhook_deliveries USING btree (expires_at) WHERE ((delivered_at IS NULL) AND (failed_at IS NULL) AND (expires_at > '-infinity'::timestamp with time zone));
-- sql/webhooks/list-deliveries.sql: those of a webhook that failed for good.
CREATE INDEX webhook_deliveries_failed_idx ON gateway.webhook_deliveries USING btree (webhook_id, id) WHERE (failed_at IS NOT NULL);
-- sql/webhooks/functions/free-next.sql, queue-deliveries.sql: the oldest of an order that waits.
CREATE INDEX webhook_deliveries_order_idx ON gateway.webhook_deliveries USING btree (webhook_id, order_id, id) WHERE ((delivered_at IS NULL) AND (failed_at IS NULL));
-- sql/webhooks/clear-deliveries.sql: tests of long ago.
CREATE INDEX webhook_deliveries_tests_idx ON gateway.webhook_deliveries USING btree (created_at) WHERE (event_id IS NULL);
-- sql/webhooks/list-deliveries.sql, clear-deliveries.sql: those of a webhook.
CREATE INDEX webhook_deliveries_webhook_idx ON gateway.webhook_deliveries USING btree (webhook_id, id);

-- Where events are sent. `failures` in a row, and until when nothing is tried. A deleted one goes with its deliveries, which are cleared in batches.
create table gateway.webhooks (
  id bigint generated always as identity,
  url text not null,
  event_types text[] not null,
  active boolean not null default true,
  secret text not null,
  previous_secret text,
  previous_until timestamp with time zone,
  failures integer not null default 0,
  paused_until timestamp with time zone,
  last_error text,
  disabled_reason text,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  deleted_at timestamp with time zone,
  constraint webhooks_pkey PRIMARY KEY (id)
);

-- sql/migrations
view gateway.defined_objects (
  kind text,
  name text,
  written text,
  classid oid,
  objid oid
)

-- sql/webhooks/views.sql
view gateway.shown_deliveries (
  id bigint,
  webhook_id bigint,
  message_id uuid,
  event_type text,
  order_id bigint,
  status text,
  attempts integer,
  last_status integer,
  last_error text,
  took_ms integer,
  created_at timestamp with time zone,
  next_attempt_at timestamp with time zone,
  delivered_at timestamp with time zone,
  failed_at timestamp with time zone
)

-- sql/webhooks/views.sql
view gateway.shown_webhooks (
  id bigint,
  url text,
  event_types json,
  active boolean,
  disabled_reason text,
  failures integer,
  last_error text,
  paused_until timestamp with time zone,
  previous_secret_until timestamp with time zone,
  created_at timestamp with time zone,
  updated_at timestamp with time zone
)

-- sql/migrations
function gateway.fold_text(name text) returns text
-- sql/gateway/functions/check-document.sql
function gateway.check_document(if_match text[], documents text[], id text, version bigint) returns void
-- sql/gateway/functions/check-version.sql
function gateway.check_version(if_match text[], id text, version bigint) returns boolean
-- sql/gateway/functions/introduce.sql
function gateway.introduce(context jsonb, reason text DEFAULT NULL::text) returns void
-- sql/gateway/functions/refuse.sql
function gateway.refuse(code text, facts jsonb DEFAULT '{}'::jsonb) returns void
-- sql/gateway/functions/search-patterns.sql
function gateway.search_patterns(q text) returns text[]
-- sql/gateway/functions/tag-of.sql
function gateway.tag_of(document text) returns text
-- sql/gateway/functions/tell-changed.sql
function gateway.has_changed() returns boolean
function gateway.tell_changed(changed boolean) returns void
-- sql/gateway/functions/touch.sql
function gateway.touch() returns trigger
-- sql/query/functions/adopt-query-role.sql
function gateway.adopt_query_role(adopted name) returns void
-- sql/query/functions/grant-catalogue.sql
function gateway.grant_catalogue(role name) returns void
-- sql/query/functions/grant-names.sql
function gateway.grant_names(role name) returns void
-- sql/query/functions/harden.sql
function gateway.harden() returns void
-- sql/query/functions/open-legacy-query-role.sql
function gateway.open_legacy_query_role(password text) returns name
-- sql/query/functions/open-login.sql
function gateway.open_login(role name, password text) returns void
-- sql/query/functions/open-query-role.sql
function gateway.open_query_role(password text) returns name
-- sql/query/functions/own-rights.sql
function gateway.own_rights(OUT owns_database boolean, OUT owns_public boolean, OUT is_superuser boolean) returns record
-- sql/query/functions/public-rights.sql
function gateway.find_public_routines(schema_name name) returns SETOF oid
function gateway.open_routines(schema_name name) returns text
function gateway.public_catalogues() returns text
function gateway.public_columns() returns TABLE(relation regclass, columns text)
function gateway.public_routines(schema_name name, open_now boolean DEFAULT false) returns text
function gateway.query_schemas() returns name[]
-- sql/query/functions/query-role-rights.sql
function gateway.query_role_rights(role name) returns TABLE(what text, tolerable boolean)
-- sql/query/functions/renew-rights.sql
function gateway.renew_rights() returns void
-- sql/query/functions/role-names.sql
function gateway.legacy_query_columns() returns name[]
function gateway.legacy_query_role() returns name
function gateway.query_role() returns name
function gateway.query_role_prefix() returns text
function gateway.role_of_database(prefix text) returns name
-- sql/query/functions/soften.sql
function gateway.soften() returns void
-- sql/webhooks/functions/claim-deliveries.sql
function gateway.claim_deliveries(rooms jsonb, room bigint, hold interval, OUT deliveries json, OUT webhooks json) returns record
-- sql/webhooks/functions/expire-deliveries.sql
function gateway.expire_deliveries(most bigint) returns bigint
-- sql/webhooks/functions/free-next.sql
function gateway.free_next(finished bigint[]) returns void
-- sql/webhooks/functions/queue-deliveries.sql
function gateway.queue_deliveries(event_id bigint, order_id bigint, event_type text, occurred_at timestamp with time zone) returns void
-- sql/webhooks/functions/record-deliveries.sql
function gateway.record_deliveries(outcomes jsonb) returns void
-- sql/webhooks/functions/retry-deliveries.sql
function gateway.retry_deliveries(only_id bigint, most bigint) returns SETOF bigint

-- ---------- Schema legacy ----------
-- sql/legacy/views.sql
view legacy.aisles (
  aisle_id integer,
  aisle_name text,
  aisle text
)

-- sql/legacy/views.sql
view legacy.carts (
  id bigint,
  cart_id bigint,
  user_id bigint,
  created_at timestamp with time zone,
  updated_at timestamp with time zone,
  total_items integer
)

-- sql/legacy/views.sql
view legacy.departments (
  department_id integer,
  department_name text,
  department text,
  description text,
  image_url text
)

-- sql/legacy/views.sql
view legacy.order_status_history (
  history_id bigint,
  order_id bigint,
  status text,
  new_status text,
  old_status text,
  changed_at timestamp with time zone,
  changed_by text,
  note text
)

-- sql/legacy/views.sql
view legacy.orders (
  id bigint,
  order_id bigint,
  user_id bigint,
  eval_set text,
  order_number integer,
  order_dow smallint,
  order_hour_of_day smallint,
  days_since_prior_order real,
  total_items integer,
  total_quantity bigint,
  total_price numeric(16,2),
  status text,
  delivery_name text,
  phone_number text,
  street_address text,
  city text,
  postal_code text,
  country text,
  tracking_number text,
  shipping_carrier text,
  tracking_url text,
  invoice bytea,
  created_at timestamp with time zone,
  updated_at timestamp with time zone
)



-- ---------- Schema orders ----------
-- The months in which a product was in so many settled orders that orders.product_day_totals has them by day.
create table orders.busy_months (
  product_id integer not null,
  month date not null,
  constraint busy_months_pkey PRIMARY KEY (product_id, month)
);

-- What is in a cart. Without a price: a cart always shows today's.
create table orders.cart_items (
  cart_id bigint not null,
  product_id integer not null,
  quantity integer not null,
  add_to_cart_order integer not null,
  reordered smallint not null default 0,
  added_price numeric(10,2),
  constraint cart_items_pkey PRIMARY KEY (cart_id, product_id),
  constraint cart_items_cart_id_fkey FOREIGN KEY (cart_id) REFERENCES orders.carts(cart_id) ON DELETE CASCADE,
  constraint cart_items_product_id_fkey FOREIGN KEY (product_id) REFERENCES products.products(product_id) ON DELETE CASCADE,
  constraint cart_items_add_to_cart_order_check CHECK ((add_to_cart_order >= 0)),
  constraint cart_items_quantity_check CHECK (((quantity >= 1) AND (quantity <= 1000000))),
  constraint cart_items_reordered_check CHECK ((reordered = ANY (ARRAY[0, 1])))
);
-- cart_items_product_id_fkey: the carts that hold a product which is deleted.
CREATE INDEX cart_items_product_id_idx ON orders.cart_items USING btree (product_id);

-- At most one for each user. One that nobody touches for 90 days is cleared away.
create table orders.carts (
  cart_id bigint generated by default as identity,
  user_id bigint not null,
  version bigint not null default 1,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint carts_pkey PRIMARY KEY (cart_id),
  constraint carts_user_id_key UNIQUE (user_id),
  constraint carts_user_id_fkey FOREIGN KEY (user_id) REFERENCES users.users(id) ON DELETE CASCADE
);
-- sql/carts/clear-abandoned.sql: carts that nobody has touched for 90 days.
CREATE INDEX carts_updated_at_idx ON orders.carts USING btree (updated_at);
-- sql/carts/triggers.sql
CREATE TRIGGER carts_touch BEFORE UPDATE ON orders.carts FOR EACH ROW EXECUTE FUNCTION gateway.touch();

-- One row: how far the feed of events goes, and how far back. A cursor names `feed_id`, so that one of another database is recognised.
create table orders.event_feed (
  is_only boolean not null default true,
  feed_id uuid not null default gen_random_uuid(),
  last_sequence bigint not null default 0,
  cleared_to bigint not null default 0,
  constraint event_feed_pkey PRIMARY KEY (is_only),
  constraint event_feed_is_only_check CHECK (is_only)
);

-- An order's invoice, as a document.
create table orders.invoices (
  order_id bigint not null,
  content_type text not null,
  document bytea not null,
  created_at timestamp with time zone not null default now(),
  constraint invoices_pkey PRIMARY KEY (order_id),
  constraint invoices_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders.orders(id) ON DELETE CASCADE,
  constraint invoices_content_type_check CHECK ((content_type = ANY (ARRAY['application/pdf'::text, 'image/png'::text, 'image/jpeg'::text]))),
  constraint invoices_document_check CHECK (((octet_length(document) >= 1) AND (octet_length(document) <= 10485760)))
);

-- The lines of an order, with price, name and SKU as they were when it was placed.
create table orders.order_items (
  order_id bigint not null,
  product_id integer not null,
  id bigint generated by default as identity,
  quantity integer not null default 1,
  add_to_cart_order integer not null,
  reordered smallint not null default 0,
  price numeric(10,2),
  product_name text not null,
  product_sku text,
  image_url text,
  product_attributes jsonb,
  stock_taken integer not null default 0,
  ordered_at timestamp with time zone not null,
  constraint order_items_pkey PRIMARY KEY (order_id, product_id),
  constraint order_items_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders.orders(id) ON DELETE CASCADE,
  constraint order_items_product_id_fkey FOREIGN KEY (product_id) REFERENCES products.products(product_id),
  constraint order_items_add_to_cart_order_check CHECK ((add_to_cart_order >= 0)),
  constraint order_items_quantity_check CHECK (((quantity >= 1) AND (quantity <= 1000000))),
  constraint order_items_reordered_check CHECK ((reordered = ANY (ARRAY[0, 1]))),
  constraint order_items_stock_taken_check CHECK (((stock_taken >= 0) AND (stock_taken <= quantity)))
);
-- sql/orders/functions/find-page.sql, sql/orders/functions/sum-product.sql: the orders with a product, newest first. order_items_product_id_fkey: the lines of a product that is deleted.
CREATE INDEX order_items_product_newest_idx ON orders.order_items USING btree (product_id, ordered_at DESC, order_id DESC);
-- sql/orders/triggers.sql
CREATE TRIGGER order_items_keep_key BEFORE UPDATE OF order_id, product_id ON orders.order_items FOR EACH ROW WHEN (((old.order_id IS DISTINCT FROM new.order_id) OR (old.product_id IS DISTINCT FROM new.product_id))) EXECUTE FUNCTION orders.keep_item_key();
CREATE TRIGGER order_items_sum_deleted AFTER DELETE ON orders.order_items REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION orders.sum_changed_items();
CREATE TRIGGER order_items_sum_inserted AFTER INSERT ON orders.order_items REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION orders.sum_changed_items();

-- orders.order_totals once more, by month: a total over years reads months, and days at its ends only.
create table orders.order_month_totals (
  month date not null,
  status text not null,
  orders bigint not null,
  total_quantity bigint not null,
  total_price numeric(20,2) not null,
  constraint order_month_totals_pkey PRIMARY KEY (month, status)
);

-- Each status of an order, with who changed it and why. Written by a trigger, whoever changes the order.
create table orders.order_status_history (
  history_id bigint generated by default as identity,
  order_id bigint not null,
  status text not null,
  changed_at timestamp with time zone not null default clock_timestamp(),
  changed_by text,
  note text,
  request_id text,
  constraint order_status_history_pkey PRIMARY KEY (history_id),
  constraint order_status_history_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders.orders(id) ON DELETE CASCADE
);
-- sql/orders/find.sql: the history of an order, in its order. order_status_history_order_id_fkey.
CREATE INDEX order_status_history_order_id_idx ON orders.order_status_history USING btree (order_id, changed_at, history_id);

-- Exact sums by day (UTC) and status, so that a page's total never counts the orders. Writers add to a shard of their own; -1 is the day's folded sum.
create table orders.order_totals (
  day date not null,
  status text not null,
  shard integer not null,
  orders bigint not null,
  total_quantity bigint not null,
  total_price numeric(20,2) not null,
  constraint order_totals_pkey PRIMARY KEY (day, status, shard)
) with (fillfactor=50);
-- sql/orders/functions/sum-days.sql, sql/orders/list-managed.sql, sql/orders/functions/fold-totals.sql: what is not yet in the sums of months.
CREATE INDEX order_totals_unfolded_idx ON orders.order_totals USING btree (day) WHERE (shard >= 0);

-- Orders, with the person and the address as they were when it was placed. Without a user: the person was erased.
create table orders.orders (
  id bigint generated by default as identity,
  order_reference text not null,
  user_id bigint,
  order_number integer,
  eval_set text,
  order_dow smallint not null,
  order_hour_of_day smallint not null,
  days_since_prior_order real,
  status text not null default 'pending'::text,
  payment_status text not null default 'pending'::text,
  payment_method text,
  total_items integer not null default 0,
  total_quantity bigint not null default 0,
  total_price numeric(16,2) not null default 0,
  tax numeric(16,2) not null default 0,
  shipping_cost numeric(16,2) not null default 0,
  discount numeric(16,2) not null default 0,
  total_amount numeric(16,2) generated always as ((((total_price + tax) + shipping_cost) - discount)) stored,
  customer_name text,
  customer_email text,
  delivery_name text,
  phone_number text,
  street_address text,
  city text,
  postal_code text,
  country text,
  shipping_address jsonb,
  billing_address jsonb,
  tracking_number text,
  shipping_carrier text,
  tracking_url text,
  customer_notes text,
  internal_notes text,
  request_id text,
  version bigint not null default 1,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  confirmed_at timestamp with time zone,
  shipped_at timestamp with time zone,
  delivered_at timestamp with time zone,
  tax_rate numeric,
  shipping_rate numeric,
  free_shipping_from numeric,
  placed_here boolean default true,
  constraint orders_pkey PRIMARY KEY (id),
  constraint orders_order_reference_key UNIQUE (order_reference),
  constraint orders_user_order_number_key UNIQUE (user_id, order_number),
  constraint orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users.users(id) ON DELETE SET NULL,
  constraint orders_sound_check CHECK (orders.is_sound(orders.*))
);
-- sql/orders/list-managed.sql, sql/orders/functions/find-page.sql, sql/orders/functions/settle-orders.sql: all orders, newest first, and those of a time.
CREATE INDEX orders_newest_idx ON orders.orders USING btree (created_at DESC, id DESC);
-- sql/orders/list-managed.sql, sql/orders/functions/find-page.sql, sql/orders/functions/sum-moment.sql: the orders of a status, newest first.
CREATE INDEX orders_status_newest_idx ON orders.orders USING btree (status, created_at DESC, id DESC);
-- sql/orders/functions/sorted-page.sql: the orders of a status by what they cost, either way.
CREATE INDEX orders_status_total_idx ON orders.orders USING btree (status, total_price, id);
-- sql/orders/functions/sorted-page.sql: all orders by what they cost, either way.
CREATE INDEX orders_total_idx ON orders.orders USING btree (total_price, id);
-- sql/orders/functions/find-page.sql, sql/orders/functions/create-order.sql: the orders of a user, newest first, and the one before this one.
CREATE INDEX orders_user_newest_idx ON orders.orders USING btree (user_id, created_at DESC, id DESC);
-- sql/events/triggers.sql
CREATE CONSTRAINT TRIGGER orders_record_created_event AFTER INSERT ON orders.orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((current_setting('db_service.loading'::text, true) IS DISTINCT FROM 'on'::text)) EXECUTE FUNCTION orders.record_event();
CREATE CONSTRAINT TRIGGER orders_record_status_event AFTER UPDATE OF status ON orders.orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((old.status <> new.status) AND (current_setting('db_service.loading'::text, true) IS DISTINCT FROM 'on'::text))) EXECUTE FUNCTION orders.record_event();
-- sql/orders/triggers.sql
CREATE TRIGGER orders_charge BEFORE INSERT OR UPDATE OF total_price, tax_rate, shipping_rate, free_shipping_from ON orders.orders FOR EACH ROW WHEN ((new.tax_rate IS NOT NULL)) EXECUTE FUNCTION orders.charge();
CREATE TRIGGER orders_check_inserted_status BEFORE INSERT ON orders.orders FOR EACH ROW WHEN (((new.status <> 'pending'::text) AND (current_setting('db_service.loading'::text, true) IS DISTINCT FROM 'on'::text))) EXECUTE FUNCTION orders.check_status();
CREATE TRIGGER orders_check_status BEFORE UPDATE OF status ON orders.orders FOR EACH ROW WHEN (((old.status <> new.status) AND (current_setting('db_service.loading'::text, true) IS DISTINCT FROM 'on'::text))) EXECUTE FUNCTION orders.check_status();
CREATE TRIGGER orders_count_deleted AFTER DELETE ON orders.orders REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION orders.count_orders();
CREATE TRIGGER orders_count_updated AFTER UPDATE ON orders.orders REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION orders.count_orders();
CREATE TRIGGER orders_record_inserted AFTER INSERT ON orders.orders REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION orders.record_inserted();
CREATE TRIGGER orders_record_status AFTER UPDATE OF status ON orders.orders FOR EACH ROW WHEN (((old.status <> new.status) AND (current_setting('db_service.loading'::text, true) IS DISTINCT FROM 'on'::text))) EXECUTE FUNCTION orders.record_status();
CREATE TRIGGER orders_reference BEFORE INSERT ON orders.orders FOR EACH ROW WHEN ((new.order_reference IS NULL)) EXECUTE FUNCTION orders.give_reference();
CREATE TRIGGER orders_release_deleted BEFORE DELETE ON orders.orders FOR EACH ROW EXECUTE FUNCTION orders.release_deleted();
CREATE TRIGGER orders_sum_updated AFTER UPDATE ON orders.orders REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION orders.sum_changed_orders();
CREATE TRIGGER orders_touch BEFORE UPDATE ON orders.orders FOR EACH ROW EXECUTE FUNCTION gateway.touch();

-- Events to publish: written in the statement that changes the order, published afterwards.
create table orders.outbox (
  id bigint generated always as identity,
  message_id uuid not null default gen_random_uuid(),
  order_id bigint not null,
  event_type text not null,
  payload jsonb not null,
  request_id text,
  occurred_at timestamp with time zone not null default clock_timestamp(),
  published_at timestamp with time zone,
  attempts integer not null default 0,
  last_error text,
  claimed_until timestamp with time zone,
  sequence bigint,
  traceparent text,
  constraint outbox_pkey PRIMARY KEY (id),
  constraint outbox_message_id_key UNIQUE (message_id),
  constraint outbox_event_type_check CHECK ((event_type = ANY (ARRAY['order_created'::text, 'order_cancelled'::text, 'order_status_updated'::text])))
) with (autovacuum_vacuum_scale_factor=0.01, autovacuum_vacuum_threshold=5000);
-- sql/orders/list-timeline.sql: the events of an order that went out.
CREATE INDEX outbox_order_id_idx ON orders.outbox USING btree (order_id) WHERE (published_at IS NOT NULL);
-- sql/events/clear-published.sql: events that went out long ago.
CREATE INDEX outbox_published_idx ON orders.outbox USING btree (published_at) WHERE (published_at IS NOT NULL);
-- sql/events/list-feed.sql: a page of the feed.
CREATE UNIQUE INDEX outbox_sequence_idx ON orders.outbox USING btree (sequence) WHERE (sequence IS NOT NULL);
-- sql/events/functions/number-events.sql: events that have no place in the feed yet.
CREATE INDEX outbox_unnumbered_idx ON orders.outbox USING btree (sequence, id) WHERE (sequence IS NULL);
-- sql/events/functions/claim-events.sql: the oldest event of each order that has not gone out.
CREATE INDEX outbox_waiting_idx ON orders.outbox USING btree (order_id, id) WHERE (published_at IS NULL);
-- sql/events/triggers.sql
CREATE TRIGGER outbox_note_cleared AFTER DELETE ON orders.outbox REFERENCING OLD TABLE AS cleared FOR EACH STATEMENT EXECUTE FUNCTION orders.note_cleared();

-- Products that were ordered (change: 1), or whose orders were deleted (-1), and are not yet in products.rankings (sql/catalogue/rank-popularity.sql).
create table orders.popularity_changes (
  id bigint generated always as identity,
  change smallint not null,
  products integer[] not null,
  constraint popularity_changes_pkey PRIMARY KEY (id)
);

-- Exact sums of all settled orders with a product, by status: those of orders.product_totals over all months.
create table orders.product_all_totals (
  product_id integer not null,
  status text not null,
  orders bigint not null,
  total_quantity bigint not null,
  total_price numeric(20,2) not null,
  constraint product_all_totals_pkey PRIMARY KEY (product_id, status)
);

-- Exact sums of the settled orders with a product, by day (UTC) and status: of busy months only (orders.busy_months).
create table orders.product_day_totals (
  product_id integer not null,
  day date not null,
  status text not null,
  orders bigint not null,
  total_quantity bigint not null,
  total_price numeric(20,2) not null,
  constraint product_day_totals_pkey PRIMARY KEY (product_id, day, status)
);

-- Exact sums of the settled orders with a product, by month (UTC) and status.
create table orders.product_totals (
  product_id integer not null,
  status text not null,
  month date not null,
  orders bigint not null,
  total_quantity bigint not null,
  total_price numeric(20,2) not null,
  constraint product_totals_pkey PRIMARY KEY (product_id, status, month)
);
-- sql/orders/functions/group-products.sql: the sums of all products, of some months.
CREATE INDEX product_totals_month_idx ON orders.product_totals USING btree (month);

-- One row: orders made before `until` are in orders.product_totals; those before `closing` are about to be.
create table orders.settled_orders (
  only_row boolean not null default true,
  until timestamp with time zone not null,
  closing timestamp with time zone,
  horizon xid8,
  constraint settled_orders_pkey PRIMARY KEY (only_row),
  constraint settled_orders_only_row_check CHECK (only_row)
);

-- Which status may follow which.
create table orders.status_transitions (
  from_status text not null,
  to_status text not null,
  constraint status_transitions_pkey PRIMARY KEY (from_status, to_status)
);

-- A line of an order about to be made, with all that a response shows of it. `id`: the item's to be. `is_tracked`: its stock is counted.
create type orders.line as (
  id bigint,
  product_id integer,
  quantity integer,
  add_to_cart_order integer,
  reordered smallint,
  price numeric(10,2),
  product_name text,
  product_sku text,
  image_url text,
  description text,
  department_name text,
  aisle_name text,
  is_tracked boolean,
  stock_taken integer
);

-- The lines of an order about to be made, sorted by product, and what they come to. `unpriced`: products without a price. `is_tracked`: any line is.
create type orders.basket as (
  lines orders.line[],
  quantity bigint,
  price numeric,
  unpriced integer[],
  is_tracked boolean
);

-- sql/carts/views.sql
view orders.cart_documents (
  user_id bigint,
  cart_id bigint,
  version bigint,
  document text
)

-- sql/orders/views.sql
view orders.management_documents (
  order_id bigint,
  version bigint,
  document text
)

-- sql/orders/views.sql
view orders.order_documents (
  order_id bigint,
  version bigint,
  document text,
  details text
)

-- sql/orders/views.sql
view orders.storefront_documents (
  order_id bigint,
  version bigint,
  owner_id uuid,
  owner_name text,
  internal_notes text,
  document text
)

-- sql/migrations
function orders.is_sound(o orders.orders) returns boolean
-- sql/carts/functions/add-cart-item.sql
function orders.add_cart_item(user_id uuid, item jsonb, if_match text[]) returns orders.cart_documents
-- sql/carts/functions/check-cart.sql
function orders.check_cart(current orders.carts, if_match text[]) returns void
-- sql/carts/functions/clear-cart.sql
function orders.clear_cart(user_id uuid, if_match text[]) returns orders.cart_documents
-- sql/carts/functions/create-cart.sql
function orders.create_cart(user_id uuid, items jsonb) returns orders.cart_documents
-- sql/carts/functions/delete-cart.sql
function orders.delete_cart(user_id uuid, if_match text[]) returns boolean
-- sql/carts/functions/existing-cart.sql
function orders.existing_cart(owner_id bigint, if_match text[]) returns bigint
-- sql/carts/functions/fill-cart.sql
function orders.fill_cart(filled_cart bigint, items jsonb) returns void
-- sql/carts/functions/finish-cart.sql
function orders.finish_cart(changed_cart bigint) returns orders.cart_documents
-- sql/carts/functions/merge-cart.sql
function orders.merge_cart(user_id uuid, items jsonb, if_match text[]) returns orders.cart_documents
-- sql/carts/functions/open-cart.sql
function orders.open_cart(owner_id bigint, if_match text[]) returns bigint
-- sql/carts/functions/replace-cart.sql
function orders.replace_cart(user_id uuid, items jsonb, if_match text[]) returns orders.cart_documents
-- sql/carts/functions/set-cart-item.sql
function orders.set_cart_item(user_id uuid, changed_product integer, new_quantity integer, if_match text[]) returns orders.cart_documents
-- sql/events/functions/claim-events.sql
function orders.claim_events(most bigint, look_at bigint, hold interval, INOUT walked_to bigint, OUT events json) returns record
-- sql/events/functions/event-document.sql
function orders.event_document(event orders.outbox) returns text
-- sql/events/functions/note-cleared.sql
function orders.note_cleared() returns trigger
-- sql/events/functions/number-events.sql
function orders.number_events(most bigint, OUT numbered bigint, OUT last_sequence bigint) returns record
-- sql/events/functions/record-event.sql
function orders.record_event() returns trigger
-- sql/orders/functions/add-items.sql
function orders.add_items(changed_id bigint, items jsonb, context jsonb) returns json
-- sql/orders/functions/add-to-product-totals.sql
function orders.add_to_product_totals(moved orders.product_day_totals[]) returns void
-- sql/orders/functions/add-to-totals.sql
function orders.add_to_totals(of_day date, of_status text, more bigint, quantity numeric, price numeric) returns void
-- sql/orders/functions/basket-of-cart.sql
function orders.basket_of_cart(cart bigint) returns orders.basket
-- sql/orders/functions/basket-of.sql
function orders.basket_of(items jsonb) returns orders.basket
-- sql/orders/functions/change-for-caller.sql
function orders.change_for_caller(changed_id bigint, changes jsonb, if_match text[], caller jsonb, context jsonb, OUT order_id bigint, OUT version bigint, OUT document text) returns record
-- sql/orders/functions/change-order.sql
function orders.change_order(changed_id bigint, changes jsonb, if_match text[], context jsonb) returns orders.order_documents
-- sql/orders/functions/change-status.sql
function orders.change_status(changed_id bigint, changes jsonb, if_match text[], context jsonb) returns orders.orders
-- sql/orders/functions/charge.sql
function orders.charge() returns trigger
-- sql/orders/functions/check-status.sql
function orders.check_status() returns trigger
-- sql/orders/functions/count-matching.sql
function orders.count_matching(of_user bigint, with_status text, with_product integer, from_time timestamp with time zone, to_time timestamp with time zone) returns bigint
-- sql/orders/functions/count-orders.sql
function orders.count_orders() returns trigger
-- sql/orders/functions/create-order.sql
function orders.create_order(buyer users.users, basket orders.basket, input jsonb) returns orders.orders
-- sql/orders/functions/delete-order.sql
function orders.delete_order(deleted_id bigint, if_match text[]) returns boolean
-- sql/orders/functions/find-page.sql
function orders.find_page(of_user bigint, with_status text, with_product integer, from_time timestamp with time zone, to_time timestamp with time zone, after_time timestamp with time zone, after_id bigint, page_size integer, page_offset bigint) returns TABLE(order_id bigint, place bigint, made_at timestamp with time zone)
-- sql/orders/functions/fold-totals.sql
function orders.fold_totals(most bigint) returns bigint
-- sql/orders/functions/give-reference.sql
function orders.give_reference() returns trigger
-- sql/orders/functions/group-days.sql
function orders.group_days(of_user bigint, with_status text, with_product integer, from_time timestamp with time zone, to_time timestamp with time zone) returns TABLE(day date, status text, orders bigint, total_quantity bigint, total_price numeric)
-- sql/orders/functions/group-products.sql
function orders.group_products(of_user bigint, with_status text, with_product integer, from_time timestamp with time zone, to_time timestamp with time zone) returns TABLE(product_id integer, orders bigint, total_quantity bigint, total_price numeric)
-- sql/orders/functions/is-placed-here.sql
function orders.is_placed_here(o orders.orders) returns boolean
-- sql/orders/functions/is-rarer.sql
function orders.is_rarer(the_status text, the_product integer) returns boolean
-- sql/orders/functions/keep-item-key.sql
function orders.keep_item_key() returns trigger
-- sql/orders/functions/lock-order.sql
function orders.lock_order(locked_id bigint, if_match text[]) returns orders.orders
-- sql/orders/functions/management-document.sql
function orders.management_document(of_order bigint) returns text
-- sql/orders/functions/month-of.sql
function orders.month_of(moment timestamp with time zone) returns date
-- sql/orders/functions/place-now.sql
function orders.place_now(operation text, input jsonb, context jsonb, OUT order_id bigint, OUT buyer_id bigint, OUT answer text) returns record
-- sql/orders/functions/place.sql
function orders.place(operation text, input jsonb, context jsonb, OUT order_id bigint, OUT answer text, OUT refusal jsonb, OUT replayed boolean) returns record
-- sql/orders/functions/record-inserted.sql
function orders.record_inserted() returns trigger
-- sql/orders/functions/record-status.sql
function orders.record_status() returns trigger
-- sql/orders/functions/refuse-unpriced.sql
function orders.refuse_unpriced(products integer[], sell_unpriced boolean) returns void
-- sql/orders/functions/release-deleted.sql
function orders.release_deleted() returns trigger
-- sql/orders/functions/return-stock.sql
function orders.return_stock(returned_order_id bigint) returns void
-- sql/orders/functions/settle-all.sql
function orders.settle_all() returns void
-- sql/orders/functions/settle-between.sql
function orders.settle_between(earliest timestamp with time zone, latest timestamp with time zone) returns void
-- sql/orders/functions/settle-orders.sql
function orders.settle_orders(most bigint, latest timestamp with time zone) returns timestamp with time zone
-- sql/orders/functions/settled-before.sql
function orders.settled_before(earliest timestamp with time zone, latest timestamp with time zone) returns timestamp with time zone
-- sql/orders/functions/show-made-managed.sql
function orders.show_made_managed(o orders.orders, buyer users.users, lines orders.line[]) returns text
-- sql/orders/functions/show-made-to-caller.sql
function orders.show_made_to_caller(o orders.orders, buyer users.users, lines orders.line[], caller jsonb) returns text
-- sql/orders/functions/show-made.sql
function orders.show_made(o orders.orders, buyer users.users, lines orders.line[]) returns text
-- sql/orders/functions/show-order.sql
function orders.show_order(shown orders.storefront_documents, caller jsonb) returns text
-- sql/orders/functions/sorted-page.sql
function orders.sorted_page(sort text, of_user bigint, with_status text, from_time timestamp with time zone, to_time timestamp with time zone, after_key numeric, after_id bigint, page_size integer, page_offset bigint) returns TABLE(order_id bigint, place bigint, key numeric)
-- sql/orders/functions/split-months.sql
function orders.split_months(products integer[], earliest date, latest date, settled timestamp with time zone, busy_from bigint) returns void
-- sql/orders/functions/sum-changed-items.sql
function orders.sum_changed_items() returns trigger
-- sql/orders/functions/sum-changed-orders.sql
function orders.sum_changed_orders() returns trigger
-- sql/orders/functions/sum-days.sql
function orders.sum_days(with_status text, first_day date, end_day date, OUT orders numeric, OUT total_quantity numeric, OUT total_price numeric) returns record
-- sql/orders/functions/sum-matching.sql
function orders.sum_matching(of_user bigint, with_status text, with_product integer, from_time timestamp with time zone, to_time timestamp with time zone, OUT orders bigint, OUT total_quantity bigint, OUT total_price numeric) returns record
-- sql/orders/functions/sum-moment.sql
function orders.sum_moment(with_status text, from_time timestamp with time zone, before timestamp with time zone, OUT orders bigint, OUT total_quantity bigint, OUT total_price numeric) returns record
-- sql/orders/functions/sum-product-moment.sql
function orders.sum_product_moment(with_product integer, with_status text, from_time timestamp with time zone, before timestamp with time zone, are_settled boolean, OUT orders numeric, OUT total_quantity numeric, OUT total_price numeric) returns record
-- sql/orders/functions/sum-product.sql
function orders.sum_product(with_product integer, with_status text, from_time timestamp with time zone, to_time timestamp with time zone, OUT orders bigint, OUT total_quantity bigint, OUT total_price numeric) returns record
-- sql/orders/functions/take-stock.sql
function orders.take_stock(lines orders.line[]) returns orders.line[]
-- sql/orders/functions/warm.sql
function orders.warm() returns boolean

-- ---------- Schema products ----------
-- Aisles of the catalogue. `aisle` is the name as the older services' SQL reads it.
create table products.aisles (
  aisle_id integer generated by default as identity,
  aisle_name text not null,
  aisle text generated always as (aisle_name) stored,
  constraint aisles_pkey PRIMARY KEY (aisle_id)
);

-- Departments of the catalogue; two may share a name. `department` is the name as the older services' SQL reads it.
create table products.departments (
  department_id integer generated by default as identity,
  department_name text not null,
  department text generated always as (department_name) stored,
  description text,
  image_url text,
  constraint departments_pkey PRIMARY KEY (department_id)
);
-- sql/catalogue/functions/department-ids.sql: departments by their names.
CREATE INDEX departments_folded_name_idx ON products.departments USING btree (gateway.fold_text(department_name));

-- Stock. A product without a row is not tracked, and never sold out.
create table products.inventory (
  product_id integer not null,
  stock integer not null,
  updated_at timestamp with time zone not null default now(),
  constraint inventory_pkey PRIMARY KEY (product_id),
  constraint inventory_product_id_fkey FOREIGN KEY (product_id) REFERENCES products.products(product_id) ON DELETE CASCADE,
  constraint inventory_stock_check CHECK ((stock >= 0))
) with (fillfactor=70);
-- sql/catalogue/triggers.sql
CREATE TRIGGER inventory_record_deleted AFTER DELETE ON products.inventory REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION products.record_movements();
CREATE TRIGGER inventory_record_inserted AFTER INSERT ON products.inventory REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION products.record_movements();
CREATE TRIGGER inventory_record_updated AFTER UPDATE ON products.inventory REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION products.record_movements();

-- Exact numbers of products by department and aisle.
create table products.product_counts (
  department_id integer,
  aisle_id integer,
  products bigint not null,
  constraint product_counts_key UNIQUE NULLS NOT DISTINCT (department_id, aisle_id)
);

-- What a shop adds to the bare catalogue. A product without a row, or without a price, has none.
create table products.product_enriched (
  product_id integer not null,
  description text,
  price numeric(10,2),
  image_url text,
  constraint product_enriched_pkey PRIMARY KEY (product_id),
  constraint product_enriched_product_id_fkey FOREIGN KEY (product_id) REFERENCES products.products(product_id) ON DELETE CASCADE,
  constraint product_enriched_price_check CHECK ((price >= (0)::numeric))
);
-- sql/catalogue/functions/matching.sql, sql/catalogue/has-prices.sql: products in a range of prices. Callers of /query, who ask for prices.
CREATE INDEX product_enriched_price_idx ON products.product_enriched USING btree (price, product_id);
-- sql/catalogue/triggers.sql
CREATE TRIGGER product_enriched_rank_deleted AFTER DELETE ON products.product_enriched REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION products.rank_prices();
CREATE TRIGGER product_enriched_rank_inserted AFTER INSERT ON products.product_enriched REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION products.rank_prices();
CREATE TRIGGER product_enriched_rank_updated AFTER UPDATE ON products.product_enriched REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION products.rank_prices();
CREATE TRIGGER product_enriched_touch AFTER UPDATE ON products.product_enriched FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION products.touch_product();

-- Products. `search_name` is the name as it is searched for: without case and accents.
create table products.products (
  product_id integer generated by default as identity,
  product_name text not null,
  department_id integer,
  aisle_id integer,
  sku text,
  version bigint not null default 1,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  search_name text generated always as (gateway.fold_text(product_name)) stored,
  constraint products_pkey PRIMARY KEY (product_id),
  constraint products_sku_key UNIQUE (sku),
  constraint products_aisle_id_fkey FOREIGN KEY (aisle_id) REFERENCES products.aisles(aisle_id),
  constraint products_department_id_fkey FOREIGN KEY (department_id) REFERENCES products.departments(department_id)
);
-- products_aisle_id_fkey: the products of an aisle that is deleted. Callers of /query, who ask for an aisle.
CREATE INDEX products_aisle_id_idx ON products.products USING btree (aisle_id, product_id);
-- products_department_id_fkey: the products of a department that is deleted. Callers of /query, who ask for a department.
CREATE INDEX products_department_id_idx ON products.products USING btree (department_id, product_id);
-- sql/catalogue/functions/sorted-page.sql: by name.
CREATE INDEX products_name_idx ON products.products USING btree ("left"(search_name, 100) COLLATE "C", product_id);
-- Callers of /query, who ask for product_name ilike. Release 1.0, which searches so.
CREATE INDEX products_name_search_idx ON products.products USING gin (product_name gin_trgm_ops);
-- sql/catalogue/functions/matching.sql: searches.
CREATE INDEX products_search_idx ON products.products USING gin (search_name gin_trgm_ops);
-- sql/catalogue/triggers.sql
CREATE TRIGGER products_count_deleted AFTER DELETE ON products.products REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION products.count_products();
CREATE TRIGGER products_count_inserted AFTER INSERT ON products.products REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION products.count_products();
CREATE TRIGGER products_count_updated AFTER UPDATE ON products.products REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION products.count_products();
CREATE TRIGGER products_touch BEFORE UPDATE ON products.products FOR EACH ROW EXECUTE FUNCTION gateway.touch();

-- What each product is sorted by: its price (products.rank_prices keeps it), and how often it was ordered (sql/catalogue/rank-popularity.sql).
create table products.rankings (
  product_id integer not null,
  price numeric(10,2),
  popularity bigint not null default 0,
  constraint rankings_pkey PRIMARY KEY (product_id),
  constraint rankings_product_id_fkey FOREIGN KEY (product_id) REFERENCES products.products(product_id) ON DELETE CASCADE
);
-- sql/catalogue/functions/sorted-page.sql: what was ordered most often first.
CREATE INDEX rankings_popularity_idx ON products.rankings USING btree (((- popularity)), product_id);
-- sql/catalogue/functions/sorted-page.sql: the dearest first.
CREATE INDEX rankings_price_descending_idx ON products.rankings USING btree (COALESCE((- price), 'Infinity'::numeric), product_id);
-- sql/catalogue/functions/sorted-page.sql: the cheapest first.
CREATE INDEX rankings_price_idx ON products.rankings USING btree (COALESCE(price, 'Infinity'::numeric), product_id);

-- What is sold out, so that a page of what is not need not look at all stock.
create table products.sold_out (
  product_id integer not null,
  constraint sold_out_pkey PRIMARY KEY (product_id),
  constraint sold_out_product_id_fkey FOREIGN KEY (product_id) REFERENCES products.inventory(product_id) ON DELETE CASCADE
);

-- The sum of the movements of a product that are not kept any more. With those that are it is the stock.
create table products.stock_balances (
  product_id integer not null,
  stock bigint not null,
  constraint stock_balances_pkey PRIMARY KEY (product_id)
);

-- Every change of a stock: by how much, to what, why, for which order, and who. Kept for 400 days. /query does not read it.
create table products.stock_movements (
  movement_id bigint generated by default as identity,
  product_id integer not null,
  quantity integer not null,
  stock integer not null,
  reason text not null,
  order_id bigint,
  changed_by text,
  moved_at timestamp with time zone not null,
  constraint stock_movements_pkey PRIMARY KEY (product_id, movement_id)
);
-- sql/catalogue/fold-movements.sql, and the law's look at a week.
CREATE INDEX stock_movements_moved_at_idx ON products.stock_movements USING btree (moved_at);
-- sql/users/functions/erase-person.sql, sql/orders/functions/release-deleted.sql: the movements of an order.
CREATE INDEX stock_movements_order_id_idx ON products.stock_movements USING btree (order_id) WHERE (order_id IS NOT NULL);

-- sql/catalogue/views.sql
view products.managed_products (
  id integer,
  version bigint,
  name text,
  price_cents bigint,
  stock integer
)

-- sql/migrations
function products.keep_sold_out() returns trigger
-- sql/catalogue/functions/add-to-count.sql
function products.add_to_count(department integer, aisle integer, more bigint) returns void
-- sql/catalogue/functions/change-product.sql
function products.change_product(changed_id integer, changes jsonb, if_match text[], context jsonb) returns products.managed_products
-- sql/catalogue/functions/change-products.sql
function products.change_products(changes jsonb, context jsonb) returns text[]
-- sql/catalogue/functions/count-products.sql
function products.count_products() returns trigger
-- sql/catalogue/functions/create-product.sql
function products.create_product(product jsonb, context jsonb) returns products.managed_products
-- sql/catalogue/functions/department-ids.sql
function products.department_ids(names text[]) returns integer[]
-- sql/catalogue/functions/fold-movements.sql
function products.fold_movements(most bigint) returns bigint
-- sql/catalogue/functions/matching.sql
function products.matching(q text, departments text[], department integer, aisle integer, min_price numeric, max_price numeric, in_stock boolean, OUT ids integer[], OUT is_near boolean) returns record
-- sql/catalogue/functions/price-of-cents.sql
function products.price_of_cents(cents jsonb) returns numeric
-- sql/catalogue/functions/rank-prices.sql
function products.rank_prices() returns trigger
-- sql/catalogue/functions/record-movements.sql
function products.record_movements() returns trigger
-- sql/catalogue/functions/sorted-page.sql
function products.sorted_page(sort text, named integer[], q text, departments text[], department integer, aisle integer, min_price numeric, max_price numeric, in_stock boolean, after_key text, after_id integer, page_size bigint, page_offset bigint, OUT total bigint, OUT is_near boolean, OUT ids integer[], OUT keys text[]) returns record
-- sql/catalogue/functions/touch-product.sql
function products.touch_product() returns trigger

-- ---------- Schema users ----------
-- The ids of users who were erased, and nothing else of them, so that a load does not bring them back.
create table users.erased_ids (
  id bigint not null,
  erased_at timestamp with time zone not null default now(),
  constraint erased_ids_pkey PRIMARY KEY (id)
);

-- Each reminder given: a user gets one for each time that is due, whatever runs twice.
create table users.reminders (
  user_id bigint not null,
  due_at timestamp with time zone not null,
  sent_at timestamp with time zone not null default now(),
  constraint reminders_pkey PRIMARY KEY (user_id, due_at),
  constraint reminders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users.users(id) ON DELETE CASCADE
);
-- sql/notifications/clear-reminders.sql: those of more than a year ago.
CREATE INDEX reminders_due_at_idx ON users.reminders USING btree (due_at);

-- The exact number of users: the sum over shards, so that two writers rarely wait for each other.
create table users.user_counts (
  shard integer not null,
  users bigint not null,
  constraint user_counts_pkey PRIMARY KEY (shard)
) with (fillfactor=50);

-- Users. `id` is known to the database and the management API only, every other caller knows `external_user_id`.
create table users.users (
  id bigint generated by default as identity,
  external_user_id uuid not null default gen_random_uuid(),
  upstream_user_id text,
  role text not null default 'customer'::text,
  first_name text not null,
  last_name text not null,
  email_address text not null,
  hashed_password text,
  phone_number text,
  street_address text,
  city text,
  postal_code text,
  country text,
  days_between_order_notifications integer not null default 7,
  order_notifications_start_date_time timestamp with time zone not null default now(),
  order_notifications_next_scheduled_time timestamp with time zone not null,
  order_notifications_via_email boolean not null default false,
  pending_order_notification boolean not null default false,
  last_notification_sent_at timestamp with time zone,
  last_notifications_viewed_at timestamp with time zone,
  last_login timestamp with time zone,
  last_order_number integer not null default 0,
  version bigint not null default 1,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  origin text,
  password_changed_at timestamp with time zone,
  credentials_changed_at timestamp with time zone,
  constraint users_pkey PRIMARY KEY (id),
  constraint users_external_user_id_key UNIQUE (external_user_id),
  constraint users_upstream_user_id_key UNIQUE (upstream_user_id),
  constraint users_days_between_order_notifications_check CHECK (((days_between_order_notifications >= 1) AND (days_between_order_notifications <= 365))),
  constraint users_origin_check CHECK ((origin = ANY (ARRAY['loaded'::text, 'service'::text, 'storefront'::text, 'upstream'::text, 'operator'::text]))),
  constraint users_role_check CHECK ((role = ANY (ARRAY['customer'::text, 'admin'::text])))
) with (fillfactor=85);
-- sql/notifications/remind.sql: who is to be reminded now.
CREATE INDEX users_due_idx ON users.users USING btree (order_notifications_next_scheduled_time);
-- One account for an address. sql/users/find-credentials.sql: the account that logs in.
CREATE UNIQUE INDEX users_email_address_key ON users.users USING btree (users.address_key(email_address)) WHERE (hashed_password IS NOT NULL);
-- sql/users/functions/joinable-account.sql: the account that a caller of another service may turn out to be.
CREATE INDEX users_joinable_address_idx ON users.users USING btree (users.address_key(email_address)) WHERE (origin = ANY (ARRAY['loaded'::text, 'service'::text]));
-- Release 1.0, which finds the account that logs in by it; to be dropped with the next release.
CREATE INDEX users_lower_email_address_idx ON users.users USING btree (lower(email_address));
-- sql/users/functions/matching.sql: searches.
CREATE INDEX users_search_idx ON users.users USING gin (gateway.fold_text(((((first_name || ' '::text) || last_name) || ' '::text) || email_address)) gin_trgm_ops);
-- sql/notifications/triggers.sql
CREATE TRIGGER users_plan_reminder BEFORE INSERT ON users.users FOR EACH ROW WHEN ((new.order_notifications_next_scheduled_time IS NULL)) EXECUTE FUNCTION users.plan_reminder();
CREATE TRIGGER users_replan_reminder BEFORE UPDATE OF order_notifications_start_date_time, days_between_order_notifications ON users.users FOR EACH ROW WHEN (((old.order_notifications_start_date_time IS DISTINCT FROM new.order_notifications_start_date_time) OR (old.days_between_order_notifications IS DISTINCT FROM new.days_between_order_notifications))) EXECUTE FUNCTION users.plan_reminder();
CREATE TRIGGER users_withdraw_emails AFTER UPDATE OF order_notifications_via_email ON users.users FOR EACH ROW WHEN ((old.order_notifications_via_email AND (NOT new.order_notifications_via_email))) EXECUTE FUNCTION users.withdraw_emails();
-- sql/users/triggers.sql
CREATE TRIGGER users_count_deleted AFTER DELETE ON users.users REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION users.count_users();
CREATE TRIGGER users_count_inserted AFTER INSERT ON users.users REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION users.count_users();
CREATE TRIGGER users_erase_person BEFORE DELETE ON users.users FOR EACH ROW EXECUTE FUNCTION users.erase_person();
CREATE TRIGGER users_note_changed_credentials BEFORE UPDATE OF email_address, hashed_password ON users.users FOR EACH ROW WHEN ((((old.email_address IS DISTINCT FROM new.email_address) OR (old.hashed_password IS DISTINCT FROM new.hashed_password)) AND (current_setting('db_service.loading'::text, true) IS DISTINCT FROM 'on'::text))) EXECUTE FUNCTION users.note_changed_credentials();
CREATE TRIGGER users_note_password_change BEFORE UPDATE OF hashed_password ON users.users FOR EACH ROW WHEN ((old.hashed_password IS DISTINCT FROM new.hashed_password)) EXECUTE FUNCTION users.note_password_change();
CREATE TRIGGER users_remember_erased AFTER DELETE ON users.users FOR EACH ROW EXECUTE FUNCTION users.remember_erased();
CREATE TRIGGER users_touch BEFORE UPDATE OF external_user_id, upstream_user_id, role, first_name, last_name, email_address, hashed_password, phone_number, street_address, city, postal_code, country, days_between_order_notifications, order_notifications_start_date_time, order_notifications_next_scheduled_time, order_notifications_via_email, pending_order_notification, last_notification_sent_at, last_notifications_viewed_at, last_login ON users.users FOR EACH ROW EXECUTE FUNCTION gateway.touch();

-- sql/users/views.sql
view users.managed_users (
  id bigint,
  version bigint,
  user_id uuid,
  email text,
  full_name text,
  created_at timestamp with time zone
)

-- sql/users/views.sql
view users.public_users (
  id bigint,
  version bigint,
  user_id uuid,
  first_name text,
  last_name text,
  email_address text,
  phone_number text,
  street_address text,
  city text,
  postal_code text,
  country text,
  days_between_order_notifications integer,
  order_notifications_start_date_time timestamp with time zone,
  order_notifications_next_scheduled_time timestamp with time zone,
  pending_order_notification boolean,
  order_notifications_via_email boolean,
  last_notification_sent_at timestamp with time zone,
  last_notifications_viewed_at timestamp with time zone,
  last_login timestamp with time zone
)

-- sql/migrations
function users.address_key(address text) returns text
-- sql/notifications/functions/next-reminder-time.sql
function users.next_reminder_time(start timestamp with time zone, days integer, at_time timestamp with time zone) returns timestamp with time zone
-- sql/notifications/functions/plan-reminder.sql
function users.plan_reminder() returns trigger
-- sql/notifications/functions/withdraw-emails.sql
function users.withdraw_emails() returns trigger
-- sql/users/functions/change-identity.sql
function users.change_identity(user_key text, changes jsonb, if_match text[]) returns users.managed_users
-- sql/users/functions/count-users.sql
function users.count_users() returns trigger
-- sql/users/functions/create-user.sql
function users.create_user(sent jsonb, hash text, from_where text) returns users.public_users
-- sql/users/functions/ensure-caller.sql
function users.ensure_caller(caller jsonb) returns users.users
-- sql/users/functions/erase-person.sql
function users.erase_person() returns trigger
-- sql/users/functions/follow-address.sql
function users.follow_address(known users.users, email text) returns users.users
-- sql/users/functions/id-of.sql
function users.id_of(key text) returns bigint
-- sql/users/functions/internal-id.sql
function users.internal_id(user_id uuid) returns bigint
-- sql/users/functions/is-loaded.sql
function users.is_loaded(u users.users) returns boolean
-- sql/users/functions/joinable-account.sql
function users.joinable_account(address text) returns bigint
-- sql/users/functions/log-in.sql
function users.log_in(user_id uuid, checked_hash text, new_hash text, OUT shown users.public_users, OUT role text, OUT password_changed_us bigint, OUT has_active_cart boolean) returns SETOF record
-- sql/users/functions/matching.sql
function users.matching(q text) returns bigint[]
-- sql/users/functions/names-of.sql
function users.names_of(person users.users, OUT callers text[], OUT names text[], OUT addresses text[]) returns record
-- sql/users/functions/note-changed-credentials.sql
function users.note_changed_credentials() returns trigger
-- sql/users/functions/note-password-change.sql
function users.note_password_change() returns trigger
-- sql/users/functions/read-status-changes.sql
function users.read_status_changes(user_id uuid) returns text
-- sql/users/functions/remember-erased.sql
function users.remember_erased() returns trigger
-- sql/users/functions/update-user.sql
function users.update_user(user_id uuid, changes jsonb, if_match text[]) returns users.public_users
