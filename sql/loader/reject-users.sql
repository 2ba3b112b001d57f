-- Users that are not valid. An account that was created here, or of somebody who was erased here, is none of a file's.
insert into loader_rejects (file, line, reason)
select file, line, reason
from (
  select s.file, s.line, case
    when s.fault is not null then s.fault
    when not users.is_loaded(u) then 'user ' || u.id || ' is an account that was made here'
    when e.id is not null then 'user ' || e.id || ' was erased here'
  end as reason
  from staged_users s
  left join users.users u on u.id = s.user_id::bigint
  left join users.erased_ids e on e.id = s.user_id::bigint
) checked
where reason is not null
