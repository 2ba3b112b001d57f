-- The small shop every test starts with. Prices are the product's number and 99 cents: product 7 costs 7.99.
insert into products.departments (department_id, department_name, description, image_url) values
  (1, 'frozen', 'Frozen foods', 'https://example.com/frozen.png'), (2, 'bakery', null, null),
  (3, 'produce', null, null), (4, 'empty', null, null);
insert into products.aisles (aisle_id, aisle_name) values (1, 'ice'), (2, 'bread'), (3, 'fruit'), (4, 'vegetables');
insert into products.products (product_id, product_name, department_id, aisle_id, sku)
select n, 'Product ' || n, n % 3 + 1, n % 4 + 1, 'SKU-' || n from generate_series(1, 40) n;
-- Product 40 has no price.
insert into products.product_enriched (product_id, description, price, image_url)
select n, 'About product ' || n, n + 0.99, 'https://example.com/' || n || '.png' from generate_series(1, 39) n;
-- Tracked products: 31 has 5 left, 32 one, 33 a thousand.
insert into products.inventory (product_id, stock) values (31, 5), (32, 1), (33, 1000);

-- Everyone's password is `password`, in a hash that costs next to nothing (test/hashing.ts).
insert into users.users (id, external_user_id, first_name, last_name, email_address, hashed_password,
  phone_number, street_address, city, postal_code, country, origin)
select n, ('00000000-0000-4000-8000-00000000000' || n)::uuid, 'User', 'No' || n, 'user' || n || '@example.com',
  '$argon2id$v=19$m=64,t=1,p=1$t9kJtNLY6+OYEP4td9c9Sw$ZlDPT9zulSwRqhYU8m/pYs2PaB+2uAwhPK/XfJdEl/Y',
  '555-000' || n, n || ' Main Street', 'Springfield', '1000' || n, 'USA', 'service'
from generate_series(1, 5) n;
select setval('users.users_id_seq', 400000, false), setval('products.products_product_id_seq', 41, false);
