create function bench_best.department_ids(names text[]) returns integer[]
language sql stable as $$
  select array(
    select department_id from products.departments
    where gateway.fold_text(department_name) = any (array(select gateway.fold_text(name) from unnest(names) n (name))))
$$;
