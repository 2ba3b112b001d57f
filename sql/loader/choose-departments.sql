-- Of the valid departments, the last row for each key.
create temp table chosen_departments on commit drop as
select distinct on (s.department_id::integer) s.file, s.line, s.department_id::integer as department_id,
  s.department as department_name, s.description, s.image_url,
  d.department_id is not null as known
from staged_departments s
left join products.departments d on d.department_id = s.department_id::integer
where not exists (select from loader_rejects r where r.file = s.file and r.line = s.line)
order by s.department_id::integer, s.file desc, s.line desc
