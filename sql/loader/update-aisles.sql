-- The aisles that are there already, as the file has them now.
update products.aisles a set aisle_name = c.aisle_name
from chosen_aisles c
where c.known and a.aisle_id = c.aisle_id and a.aisle_name <> c.aisle_name
