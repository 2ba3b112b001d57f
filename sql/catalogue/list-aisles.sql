-- All aisles, with the number of their products.
select a.aisle_id, a.aisle_name, coalesce(sum(c.products), 0)::bigint as product_count
from products.aisles a
left join products.product_counts c on c.aisle_id = a.aisle_id
group by a.aisle_id
order by a.aisle_id
