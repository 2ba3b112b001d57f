-- Every sequence behind the largest id there is, and never back; users and orders at their start or later.
select
  setval('users.users_id_seq', greatest(400000, (select max(id) + 1 from users.users),
    (select last_value + is_called::integer from users.users_id_seq)), false),
  setval('orders.orders_id_seq', greatest(3422000, (select max(id) + 1 from orders.orders),
    (select last_value + is_called::integer from orders.orders_id_seq)), false),
  setval('products.products_product_id_seq', greatest((select max(product_id) + 1 from products.products),
    (select last_value + is_called::integer from products.products_product_id_seq)), false),
  setval('products.departments_department_id_seq', greatest((select max(department_id) + 1 from products.departments),
    (select last_value + is_called::integer from products.departments_department_id_seq)), false),
  setval('products.aisles_aisle_id_seq', greatest((select max(aisle_id) + 1 from products.aisles),
    (select last_value + is_called::integer from products.aisles_aisle_id_seq)), false)
