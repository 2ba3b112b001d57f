-- Chosen departments with a name that another one has, here or in the database: the first to come keeps it.
insert into loader_rejects (file, line, reason)
select file, line, 'another department has this name: ' || department_name
from (
  select c.file, c.line, c.department_name,
    row_number() over (partition by lower(c.department_name) order by c.claim) > 1
    or exists (
      select from products.departments d
      where lower(d.department_name) = lower(c.department_name) and d.department_id <> c.department_id) as is_taken
  from chosen_departments c
) checked
where is_taken
