-- Keeps users.user_counts exact.
create or replace function users.count_users() returns trigger
language plpgsql as $$
begin
  insert into users.user_counts as counted (shard, users)
  select pg_backend_pid() % 32, case tg_op when 'INSERT' then count(*) else -count(*) end from changed
  having count(*) > 0
  on conflict (shard) do update set users = counted.users + excluded.users;
  return null;
end
$$;

create or replace trigger users_count_inserted after insert on users.users
referencing new table as changed for each statement execute function users.count_users();

create or replace trigger users_count_deleted after delete on users.users
referencing old table as changed for each statement execute function users.count_users();
