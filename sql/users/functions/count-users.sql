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
