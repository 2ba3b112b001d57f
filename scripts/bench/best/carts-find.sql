-- A user's cart; no row without such a user, nulls without a cart.
-- $1 user_id uuid
select c.cart_id, c.version, c.document, now() as asked_at
from users.users u
left join bench_best.cart_documents c on c.user_id = u.id
where u.external_user_id = $1
