-- The number of sql/version that the schema was brought to, and when. The largest is the present one: a gateway with a smaller one
-- changes nothing.
create table gateway.versions (
  version integer constraint versions_pkey primary key,
  migrated_at timestamptz not null default now()
);

-- What the files of sql/views and sql/functions made, so that what is gone from them can be told from what is somebody else's.
-- `retired_in`: the version whose files no longer have it; kept for the gateways of the release before, dropped with the next.
create table gateway.objects (
  kind text not null,
  name text not null,
  file text not null,
  retired_in integer,
  constraint objects_pkey primary key (kind, name)
);

-- Every function, view and trigger there is, but for PostgreSQL's and pg-boss's own and those of extensions. A name is written in full, so
-- that it is the same whatever the search path, and fits behind `drop <kind>`. `written` changes whenever the object is made anew.
create view gateway.defined_objects as
with schemas as (
  select oid, nspname from pg_namespace where nspname !~ '^pg_' and nspname not in ('information_schema', 'pgboss')
)
select 'routine' as kind,
  format('%I.%I(%s)', n.nspname, p.proname, array_to_string(array(
    select format('%I.%I', tn.nspname, t.typname)
    from unnest(p.proargtypes::oid[]) with ordinality a (type, position)
    join pg_type t on t.oid = a.type
    join pg_namespace tn on tn.oid = t.typnamespace
    order by a.position), ', ')) as name,
  p.xmin || ' ' || p.ctid as written, 'pg_proc'::regclass::oid as classid, p.oid as objid
from pg_proc p
join schemas n on n.oid = p.pronamespace
where p.prokind <> 'a'
  and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
union all
select case c.relkind when 'm' then 'materialized view' else 'view' end, format('%I.%I', n.nspname, c.relname),
  -- `create or replace` that adds no column writes the rule, and not the relation.
  c.xmin || ' ' || c.ctid || coalesce((select ' ' || r.xmin || ' ' || r.ctid from pg_rewrite r where r.ev_class = c.oid and r.rulename = '_RETURN'), ''),
  'pg_class'::regclass::oid, c.oid
from pg_class c
join schemas n on n.oid = c.relnamespace
where c.relkind in ('v', 'm')
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
union all
select 'trigger', format('%I on %I.%I', t.tgname, n.nspname, c.relname), t.xmin || ' ' || t.ctid, 'pg_trigger'::regclass::oid, t.oid
from pg_trigger t
join pg_class c on c.oid = t.tgrelid
join schemas n on n.oid = c.relnamespace
where not t.tgisinternal;

-- What release 1.0 made, which kept no such list.
insert into gateway.objects (kind, name, file)
select o.kind, o.name, made.file
from (values
  ('functions/carts/change-items.sql', 'routine', 'orders.add_cart_item(pg_catalog.uuid, pg_catalog.jsonb, pg_catalog._text)'),
  ('functions/carts/change-items.sql', 'routine', 'orders.clear_cart(pg_catalog.uuid, pg_catalog._text)'),
  ('functions/carts/change-items.sql', 'routine', 'orders.delete_cart(pg_catalog.uuid, pg_catalog._text)'),
  ('functions/carts/change-items.sql', 'routine', 'orders.set_cart_item(pg_catalog.uuid, pg_catalog.int4, pg_catalog.int4, pg_catalog._text)'),
  ('functions/carts/create-cart.sql', 'routine', 'orders.create_cart(pg_catalog.uuid, pg_catalog.jsonb)'),
  ('functions/carts/replace-cart.sql', 'routine', 'orders.replace_cart(pg_catalog.uuid, pg_catalog.jsonb, pg_catalog._text)'),
  ('functions/carts/write-cart.sql', 'routine', 'orders.existing_cart(pg_catalog.int8, pg_catalog._text)'),
  ('functions/carts/write-cart.sql', 'routine', 'orders.fill_cart(pg_catalog.int8, pg_catalog.jsonb)'),
  ('functions/carts/write-cart.sql', 'routine', 'orders.finish_cart(pg_catalog.int8)'),
  ('functions/carts/write-cart.sql', 'routine', 'orders.open_cart(pg_catalog.int8, pg_catalog._text)'),
  ('functions/gateway/answer-once.sql', 'routine', 'gateway.answer_once(pg_catalog.text, pg_catalog.jsonb, pg_catalog.jsonb)'),
  ('functions/gateway/answer-once.sql', 'routine', 'gateway.run_once(pg_catalog.text, pg_catalog.jsonb, pg_catalog.jsonb)'),
  ('functions/gateway/check-version.sql', 'routine', 'gateway.check_version(pg_catalog._text, pg_catalog.text, pg_catalog.int8)'),
  ('functions/gateway/introduce.sql', 'routine', 'gateway.introduce(pg_catalog.jsonb, pg_catalog.text)'),
  ('functions/gateway/public-rights.sql', 'routine', 'gateway.open_routines(pg_catalog.name)'),
  ('functions/gateway/public-rights.sql', 'routine', 'gateway.public_catalogues()'),
  ('functions/gateway/public-rights.sql', 'routine', 'gateway.public_routines(pg_catalog.name, pg_catalog.bool)'),
  ('functions/gateway/public-rights.sql', 'routine', 'gateway.withdraw_public_rights()'),
  ('functions/gateway/query-role-rights.sql', 'routine', 'gateway.query_role_rights(pg_catalog.name)'),
  ('functions/gateway/query-role.sql', 'routine', 'gateway.adopt_query_role(pg_catalog.name)'),
  ('functions/gateway/query-role.sql', 'routine', 'gateway.grant_catalogue(pg_catalog.name)'),
  ('functions/gateway/query-role.sql', 'routine', 'gateway.open_query_role(pg_catalog.text)'),
  ('functions/gateway/query-role.sql', 'routine', 'gateway.query_role()'),
  ('functions/gateway/query-role.sql', 'routine', 'gateway.query_role_prefix()'),
  ('functions/gateway/query-role.sql', 'routine', 'gateway.renew_rights()'),
  ('functions/gateway/refuse.sql', 'routine', 'gateway.refuse(pg_catalog.text, pg_catalog.jsonb)'),
  ('functions/gateway/tell-changed.sql', 'routine', 'gateway.has_changed()'),
  ('functions/gateway/tell-changed.sql', 'routine', 'gateway.tell_changed(pg_catalog.bool)'),
  ('functions/gateway/touch.sql', 'routine', 'gateway.touch()'),
  ('functions/gateway/touch.sql', 'trigger', 'carts_touch on orders.carts'),
  ('functions/gateway/touch.sql', 'trigger', 'orders_touch on orders.orders'),
  ('functions/gateway/touch.sql', 'trigger', 'products_touch on products.products'),
  ('functions/gateway/touch.sql', 'trigger', 'users_touch on users.users'),
  ('functions/notifications/emails.sql', 'routine', 'users.withdraw_emails()'),
  ('functions/notifications/emails.sql', 'trigger', 'users_withdraw_emails on users.users'),
  ('functions/orders/add-items.sql', 'routine', 'orders.add_items(pg_catalog.int8, pg_catalog.jsonb, pg_catalog._text, pg_catalog.jsonb)'),
  ('functions/orders/change-order.sql', 'routine', 'orders.change_order(pg_catalog.int8, pg_catalog.jsonb, pg_catalog._text, pg_catalog.jsonb)'),
  ('functions/orders/change-order.sql', 'routine', 'orders.change_status(pg_catalog.int8, pg_catalog.jsonb, pg_catalog._text, pg_catalog.jsonb)'),
  ('functions/orders/change-order.sql', 'routine', 'orders.delete_order(pg_catalog.int8, pg_catalog._text)'),
  ('functions/orders/change-order.sql', 'routine', 'orders.lock_order(pg_catalog.int8, pg_catalog._text)'),
  ('functions/orders/charges.sql', 'routine', 'orders.charge()'),
  ('functions/orders/charges.sql', 'trigger', 'orders_charge on orders.orders'),
  ('functions/orders/checkout.sql', 'routine', 'orders.checkout(pg_catalog.jsonb)'),
  ('functions/orders/create-order.sql', 'routine', 'orders.create_order(pg_catalog.int8, pg_catalog.jsonb)'),
  ('functions/orders/events.sql', 'routine', 'orders.record_event()'),
  ('functions/orders/events.sql', 'trigger', 'orders_record_created_event on orders.orders'),
  ('functions/orders/events.sql', 'trigger', 'orders_record_status_event on orders.orders'),
  ('functions/orders/find-page.sql', 'routine', 'orders.find_page(pg_catalog.int8, pg_catalog.text, pg_catalog.int4, pg_catalog.timestamptz, pg_catalog.timestamptz, pg_catalog.timestamptz, pg_catalog.int8, pg_catalog.int4, pg_catalog.int8)'),
  ('functions/orders/find-page.sql', 'routine', 'orders.is_rarer(pg_catalog.text, pg_catalog.int4)'),
  ('functions/orders/order-reference.sql', 'routine', 'orders.give_reference()'),
  ('functions/orders/order-reference.sql', 'trigger', 'orders_reference on orders.orders'),
  ('functions/orders/price-lines.sql', 'routine', 'orders.price_lines(pg_catalog.jsonb)'),
  ('functions/orders/product-totals.sql', 'routine', 'orders.keep_item_key()'),
  ('functions/orders/product-totals.sql', 'routine', 'orders.month_of(pg_catalog.timestamptz)'),
  ('functions/orders/product-totals.sql', 'routine', 'orders.settle_orders(pg_catalog.int8, pg_catalog.timestamptz)'),
  ('functions/orders/product-totals.sql', 'routine', 'orders.sum_changed_items()'),
  ('functions/orders/product-totals.sql', 'routine', 'orders.sum_changed_orders()'),
  ('functions/orders/product-totals.sql', 'trigger', 'order_items_keep_key on orders.order_items'),
  ('functions/orders/product-totals.sql', 'trigger', 'order_items_sum_deleted on orders.order_items'),
  ('functions/orders/product-totals.sql', 'trigger', 'order_items_sum_inserted on orders.order_items'),
  ('functions/orders/product-totals.sql', 'trigger', 'orders_sum_updated on orders.orders'),
  ('functions/orders/status.sql', 'routine', 'orders.check_status()'),
  ('functions/orders/status.sql', 'routine', 'orders.record_status()'),
  ('functions/orders/status.sql', 'routine', 'orders.release_deleted()'),
  ('functions/orders/status.sql', 'trigger', 'orders_check_inserted_status on orders.orders'),
  ('functions/orders/status.sql', 'trigger', 'orders_check_status on orders.orders'),
  ('functions/orders/status.sql', 'trigger', 'orders_record_inserted_status on orders.orders'),
  ('functions/orders/status.sql', 'trigger', 'orders_record_status on orders.orders'),
  ('functions/orders/status.sql', 'trigger', 'orders_release_deleted on orders.orders'),
  ('functions/orders/storefront.sql', 'routine', 'orders.change_for_caller(pg_catalog.int8, pg_catalog.jsonb, pg_catalog._text, pg_catalog.jsonb, pg_catalog.jsonb)'),
  ('functions/orders/storefront.sql', 'routine', 'orders.place_for_caller(pg_catalog.jsonb)'),
  ('functions/orders/storefront.sql', 'routine', 'orders.show_order(orders.storefront_documents, pg_catalog.jsonb)'),
  ('functions/orders/sum-matching.sql', 'routine', 'orders.count_matching(pg_catalog.int8, pg_catalog.text, pg_catalog.int4, pg_catalog.timestamptz, pg_catalog.timestamptz)'),
  ('functions/orders/sum-matching.sql', 'routine', 'orders.sum_matching(pg_catalog.int8, pg_catalog.text, pg_catalog.int4, pg_catalog.timestamptz, pg_catalog.timestamptz)'),
  ('functions/orders/sum-matching.sql', 'routine', 'orders.sum_moment(pg_catalog.text, pg_catalog.timestamptz, pg_catalog.timestamptz)'),
  ('functions/orders/sum-matching.sql', 'routine', 'orders.sum_product(pg_catalog.int4, pg_catalog.text, pg_catalog.timestamptz, pg_catalog.timestamptz)'),
  ('functions/orders/take-stock.sql', 'routine', 'orders.return_stock(pg_catalog.int8)'),
  ('functions/orders/take-stock.sql', 'routine', 'orders.take_stock(orders._order_items)'),
  ('functions/orders/totals.sql', 'routine', 'orders.add_to_totals(pg_catalog.date, pg_catalog.text, pg_catalog.int8, pg_catalog."numeric", pg_catalog."numeric")'),
  ('functions/orders/totals.sql', 'routine', 'orders.count_orders()'),
  ('functions/orders/totals.sql', 'trigger', 'orders_count_deleted on orders.orders'),
  ('functions/orders/totals.sql', 'trigger', 'orders_count_inserted on orders.orders'),
  ('functions/orders/totals.sql', 'trigger', 'orders_count_updated on orders.orders'),
  ('functions/products/change.sql', 'routine', 'products.change_product(pg_catalog.int4, pg_catalog.jsonb, pg_catalog._text)'),
  ('functions/products/change.sql', 'routine', 'products.create_product(pg_catalog.jsonb)'),
  ('functions/products/change.sql', 'routine', 'products.price_of_cents(pg_catalog.jsonb)'),
  ('functions/products/count.sql', 'routine', 'products.add_to_count(pg_catalog.int4, pg_catalog.int4, pg_catalog.int8)'),
  ('functions/products/count.sql', 'routine', 'products.count_products()'),
  ('functions/products/count.sql', 'trigger', 'products_count_deleted on products.products'),
  ('functions/products/count.sql', 'trigger', 'products_count_inserted on products.products'),
  ('functions/products/count.sql', 'trigger', 'products_count_updated on products.products'),
  ('functions/products/touch-enriched.sql', 'routine', 'products.touch_product()'),
  ('functions/products/touch-enriched.sql', 'trigger', 'product_enriched_touch on products.product_enriched'),
  ('functions/users/change-identity.sql', 'routine', 'users.change_identity(pg_catalog.text, pg_catalog.jsonb, pg_catalog._text)'),
  ('functions/users/count.sql', 'routine', 'users.count_users()'),
  ('functions/users/count.sql', 'trigger', 'users_count_deleted on users.users'),
  ('functions/users/count.sql', 'trigger', 'users_count_inserted on users.users'),
  ('functions/users/ensure-caller.sql', 'routine', 'users.ensure_caller(pg_catalog.jsonb)'),
  ('functions/users/erase.sql', 'routine', 'users.erase_person()'),
  ('functions/users/erase.sql', 'trigger', 'users_erase_person on users.users'),
  ('functions/users/id-of.sql', 'routine', 'users.id_of(pg_catalog.text)'),
  ('functions/users/internal-id.sql', 'routine', 'users.internal_id(pg_catalog.uuid)'),
  ('functions/users/next-reminder-time.sql', 'routine', 'users.next_reminder_time(pg_catalog.timestamptz, pg_catalog.int4, pg_catalog.timestamptz)'),
  ('functions/users/next-reminder-time.sql', 'routine', 'users.plan_reminder()'),
  ('functions/users/next-reminder-time.sql', 'trigger', 'users_plan_reminder on users.users'),
  ('functions/users/next-reminder-time.sql', 'trigger', 'users_replan_reminder on users.users'),
  ('functions/users/status-changes.sql', 'routine', 'users.read_status_changes(pg_catalog.uuid)'),
  ('functions/users/update.sql', 'routine', 'users.update_user(pg_catalog.uuid, pg_catalog.jsonb, pg_catalog._text)'),
  ('views/cart-documents.sql', 'view', 'orders.cart_documents'),
  ('views/managed-products.sql', 'view', 'products.managed_products'),
  ('views/managed-users.sql', 'view', 'users.managed_users'),
  ('views/management-documents.sql', 'view', 'orders.management_documents'),
  ('views/order-documents.sql', 'view', 'orders.order_documents'),
  ('views/public-users.sql', 'view', 'users.public_users'),
  ('views/storefront-documents.sql', 'view', 'orders.storefront_documents')
) as made (file, kind, name)
join gateway.defined_objects o on o.kind = made.kind and o.name = made.name;

-- pg-boss makes its own tables in it. Gateways that start at once would make the schema at once, too, and fail: the session has looked for it
-- before, and does not look again while it waits for pg-boss's lock.
create schema if not exists pgboss;
