-- The departments of these names, compared as search compares them: whatever case and accents, the same on every
-- database. Names are not unique: two departments may share one, which then means both.
create or replace function products.department_ids(names text[]) returns integer[]
language sql stable as $$
  select array(
    select department_id from products.departments
    where gateway.fold_text(department_name) = any (array(select gateway.fold_text(name) from unnest(names) n (name))))
$$;
