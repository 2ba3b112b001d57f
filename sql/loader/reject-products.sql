-- Products that are not valid.
insert into loader_rejects (file, line, reason)
select file, line, reason
from (
  select s.file, s.line, case
    when s.fault is not null then s.fault
    when s.department_id is not null and d.department_id is null then 'there is no department ' || s.department_id
    when s.aisle_id is not null and a.aisle_id is null then 'there is no aisle ' || s.aisle_id
  end as reason
  from staged_products s
  left join products.departments d on d.department_id = s.department_id::integer
  left join products.aisles a on a.aisle_id = s.aisle_id::integer
) checked
where reason is not null
