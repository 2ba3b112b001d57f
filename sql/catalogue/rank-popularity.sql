-- Adds up to so many changes of how often products were ordered (orders.popularity_changes) to products.rankings, each
-- exactly once: they go in the statement that adds them. Rankings are locked in the order of their keys, so that two
-- gateways wait instead of deadlocking.
-- $1 most bigint
with taken as (
  delete from orders.popularity_changes
  where id = any (array(select id from orders.popularity_changes order by id limit $1 for update skip locked))
  returning change, products
),
sums as materialized (
  select t.product_id, sum(taken.change)::bigint as more
  from taken cross join lateral unnest(taken.products) t (product_id)
  group by t.product_id having sum(taken.change) <> 0
),
locked as materialized (
  select product_id from products.rankings
  where product_id = any (array(select product_id from sums)) order by product_id for update
),
ranked as (
  update products.rankings r set popularity = r.popularity + sums.more
  from locked join sums on sums.product_id = locked.product_id
  where r.product_id = locked.product_id
)
select count(*) as changes from taken
