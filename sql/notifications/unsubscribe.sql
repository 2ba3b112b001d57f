-- Ends a user's emails; those that wait go by trigger.
-- $1 user_id uuid
update users.users set order_notifications_via_email = false
where external_user_id = $1 and order_notifications_via_email
returning external_user_id as user_id
