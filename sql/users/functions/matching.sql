-- The ids of the users whose name and email address together contain every word of `q`, in order. All of them, since
-- their number is wanted. Without a word for the index all users are read. Folding a text is what costs: once a user,
-- where there is one word.
create or replace function users.matching(q text) returns bigint[]
language plpgsql stable as $$
declare
  patterns constant text[] := gateway.search_patterns(q);
  first constant text := patterns[1];
  others constant text[] := patterns[2:];
begin
  if first ~ '[a-z0-9]{3}' then
    return coalesce((
      select array_agg(id order by id) from users.users
      where gateway.fold_text(first_name || ' ' || last_name || ' ' || email_address) like first
        and (others = '{}'
          or gateway.fold_text(first_name || ' ' || last_name || ' ' || email_address) like all (others))), '{}');
  end if;
  return coalesce((
    select array_agg(id order by id) from users.users
    where gateway.fold_text(first_name || ' ' || last_name || ' ' || email_address) like all (patterns)), '{}');
end
$$;
