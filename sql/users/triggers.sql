-- The version of a user, which the ETag is made of. Not for last_order_number, which is bookkeeping and no part of what
-- a caller sees.
create or replace trigger users_touch before update of
  external_user_id, upstream_user_id, role, first_name, last_name, email_address, hashed_password, phone_number,
  street_address, city, postal_code, country, days_between_order_notifications, order_notifications_start_date_time,
  order_notifications_next_scheduled_time, order_notifications_via_email, pending_order_notification,
  last_notification_sent_at, last_notifications_viewed_at, last_login
on users.users for each row execute function gateway.touch();

-- The number of users kept ready (users.user_counts).
create or replace trigger users_count_inserted after insert on users.users
referencing new table as changed for each statement execute function users.count_users();

create or replace trigger users_count_deleted after delete on users.users
referencing old table as changed for each statement execute function users.count_users();

-- Whoever is deleted leaves no name behind, and is not loaded again.
create or replace trigger users_erase_person before delete on users.users
for each row execute function users.erase_person();

create or replace trigger users_remember_erased after delete on users.users
for each row execute function users.remember_erased();

-- What is the person's own by now: no load replaces it, and tokens of before end.
create or replace trigger users_note_changed_credentials before update of email_address, hashed_password on users.users
for each row when (
  (old.email_address, old.hashed_password) is distinct from (new.email_address, new.hashed_password)
  and current_setting('db_service.loading', true) is distinct from 'on')
execute function users.note_changed_credentials();

create or replace trigger users_note_password_change before update of hashed_password on users.users
for each row when (old.hashed_password is distinct from new.hashed_password)
  execute function users.note_password_change();
