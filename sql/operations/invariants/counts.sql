-- The numbers of users and products, and the list of what is sold out, are those of users, products and stock.
-- $1 most bigint: broken ones to show
select about, kept, found, count(*) over () as broken
from (
  select 'users' as about, kept::text, found::text
  from (select coalesce(sum(users), 0) as kept from users.user_counts) k, (select count(*) as found from users.users) c
  where kept <> found
  union all
  select concat_ws(' ', 'products of department', coalesce(k.department, c.department), 'aisle', coalesce(k.aisle,
    c.aisle)),
    k.products::text, c.products::text
  from (
    select coalesce(department_id::text, 'none') as department, coalesce(aisle_id::text, 'none') as aisle, products
    from products.product_counts where products <> 0
  ) k
  full join (
    select coalesce(department_id::text, 'none') as department, coalesce(aisle_id::text, 'none') as aisle,
      count(*) as products
    from products.products group by 1, 2
  ) c on c.department = k.department and c.aisle = k.aisle
  where k.products is distinct from c.products
  union all
  select 'product ' || product_id, case when s.listed then 'sold out' else 'not sold out' end, coalesce(i.stock::text,
    'not tracked')
  from (select product_id, true as listed from products.sold_out) s
  full join (select product_id, stock from products.inventory) i using (product_id)
  where coalesce(s.listed, false) <> coalesce(i.stock = 0, false)
) wrong
order by about
limit $1
