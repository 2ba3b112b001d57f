-- The number given last to each user of the load's orders: the next order gets the one after it.
update users.users u set last_order_number = given.last_order_number
from (select user_id, max(order_number) as last_order_number from chosen_orders group by user_id) given
where u.id = given.user_id and u.last_order_number < given.last_order_number
