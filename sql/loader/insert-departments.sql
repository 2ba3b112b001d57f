-- The departments that are new.
insert into products.departments (department_id, department_name, description, image_url)
select department_id, department_name, description, image_url from chosen_departments where not known
