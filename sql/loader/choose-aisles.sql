-- Of the valid aisles, the last row for each key.
create temp table chosen_aisles on commit drop as
select distinct on (s.aisle_id::integer) s.file, s.aisle_id::integer as aisle_id, s.aisle as aisle_name,
  a.aisle_id is not null as known
from staged_aisles s
left join products.aisles a on a.aisle_id = s.aisle_id::integer
where not exists (select from loader_rejects r where r.file = s.file and r.line = s.line)
order by s.aisle_id::integer, s.file desc, s.line desc
