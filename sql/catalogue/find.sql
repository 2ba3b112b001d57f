-- One product. The columns are those of list.sql and search.sql, written out: a function that makes them of whole rows
-- takes 5 to 25 % more of the server's time, and a look-up of each product in a view nearly twice as much.
-- $1 product_id integer
select p.version, p.product_id, p.product_name, p.department_id, d.department_name, p.aisle_id, a.aisle_name,
  e.description, e.price, e.image_url
from products.products p
left join products.product_enriched e on e.product_id = p.product_id
left join products.departments d on d.department_id = p.department_id
left join products.aisles a on a.aisle_id = p.aisle_id
where p.product_id = $1
