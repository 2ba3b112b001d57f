-- Each index that no constraint brings along costs something with every write: here stands what it is for, where
-- whoever reads the database finds it. A statement is named by its file, a foreign key by its name.
comment on index gateway.emails_accepted_idx is
  'sql/notifications/clear-emails.sql: those sent long ago, the oldest first.';
comment on index gateway.emails_expiring_idx is
  'sql/notifications/expire-emails.sql: those whose time is over, the oldest first.';
comment on index gateway.emails_failed_idx is
  'sql/operations/list-failed.sql, sql/operations/count-failed-emails.sql, sql/operations/retry-emails.sql, '
  'sql/notifications/clear-emails.sql: what has failed, by time.';
comment on index gateway.emails_server_away_idx is
  'sql/notifications/hasten-emails.sql: those that wait for the mail server to be back.';
comment on index gateway.emails_waiting_idx is
  'sql/notifications/claim-emails.sql: what is due, the longest waiting first.';
comment on index gateway.idempotency_keys_created_at_idx is
  'sql/orders/clear-idempotency-keys.sql: keys of more than a day.';
comment on index gateway.idempotency_keys_user_id_idx is
  'idempotency_keys_user_id_fkey: the keys of a user who is erased.';
comment on index orders.cart_items_product_id_idx is
  'cart_items_product_id_fkey: the carts that hold a product which is deleted.';
comment on index orders.carts_updated_at_idx is
  'sql/carts/clear-abandoned.sql: carts that nobody has touched for 90 days.';
comment on index orders.order_items_product_newest_idx is
  'sql/orders/functions/find-page.sql, sql/orders/functions/sum-product.sql: the orders with a product, newest first. '
  'order_items_product_id_fkey: the lines of a product that is deleted.';
comment on index orders.order_status_history_order_id_idx is
  'sql/orders/find.sql: the history of an order, in its order. order_status_history_order_id_fkey.';
comment on index orders.order_totals_unfolded_idx is
  'sql/orders/functions/sum-days.sql, sql/orders/list-managed.sql, sql/orders/functions/fold-totals.sql: what is not '
  'yet in the sums of months.';
comment on index orders.orders_newest_idx is
  'sql/orders/list-managed.sql, sql/orders/functions/find-page.sql, sql/orders/functions/settle-orders.sql: all '
  'orders, newest first, and those of a time.';
comment on index orders.orders_status_newest_idx is
  'sql/orders/list-managed.sql, sql/orders/functions/find-page.sql, sql/orders/functions/sum-moment.sql: the orders '
  'of a status, newest first.';
comment on index orders.orders_user_newest_idx is
  'sql/orders/functions/find-page.sql, sql/orders/functions/create-order.sql: the orders of a user, newest first, and '
  'the one before this one.';
comment on index orders.outbox_published_idx is 'sql/events/clear-published.sql: events that went out long ago.';
comment on index orders.outbox_waiting_idx is
  'sql/events/functions/claim-events.sql: the oldest event of each order that has not gone out.';
comment on index products.departments_folded_name_idx is
  'sql/catalogue/functions/department-ids.sql: departments by their names.';
comment on index products.product_enriched_price_idx is
  'sql/catalogue/functions/matching.sql, sql/catalogue/has-prices.sql: products in a range of prices. Callers of '
  '/query, who ask for prices.';
comment on index products.products_aisle_id_idx is
  'products_aisle_id_fkey: the products of an aisle that is deleted. Callers of /query, who ask for an aisle.';
comment on index products.products_department_id_idx is
  'products_department_id_fkey: the products of a department that is deleted. Callers of /query, who ask for a '
  'department.';
comment on index products.products_name_search_idx is
  'Callers of /query, who ask for product_name ilike. Release 1.0, which searches so.';
comment on index products.products_search_idx is 'sql/catalogue/functions/matching.sql: searches.';
comment on index users.reminders_due_at_idx is 'sql/notifications/clear-reminders.sql: those of more than a year ago.';
comment on index users.users_due_idx is 'sql/notifications/remind.sql: who is to be reminded now.';
comment on index users.users_email_address_key is
  'One account for an address. sql/users/find-credentials.sql: the account that logs in.';
comment on index users.users_joinable_address_idx is
  'sql/users/functions/joinable-account.sql: the account that a caller of another service may turn out to be.';
comment on index users.users_lower_email_address_idx is
  'Release 1.0, which finds the account that logs in by it; to be dropped with the next release.';
comment on index users.users_search_idx is 'sql/users/functions/matching.sql: searches.';

-- Of two dozen rows. Release 1.0 alone asked by it, and reads them all without.
drop index products.departments_name_idx;
