-- Orders that do not fit.
insert into loader_rejects (file, line, reason)
select file, line, reason
from (
  select s.file, s.line, case
    when s.fault is not null then s.fault
    when u.id is null then 'there is no user ' || s.user_id
  end as reason
  from staged_orders s
  left join users.users u on u.id = s.user_id::bigint
) checked
where reason is not null
