-- All departments, with the number of their products.
select d.department_id, d.department_name, coalesce(sum(c.products), 0)::bigint as product_count, d.description,
  d.image_url
from products.departments d
left join products.product_counts c on c.department_id = d.department_id
group by d.department_id
order by d.department_id
