-- The aisles that are new.
insert into products.aisles (aisle_id, aisle_name) select aisle_id, aisle_name from chosen_aisles where not known
