-- The departments that are there already, as the file has them now.
update products.departments d set
  department_name = c.department_name, description = c.description, image_url = c.image_url
from chosen_departments c
where c.known and d.department_id = c.department_id
  and (d.department_name, d.description, d.image_url) is distinct from (c.department_name, c.description, c.image_url)
