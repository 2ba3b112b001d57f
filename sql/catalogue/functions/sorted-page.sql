-- One page of the products that match every filter (sql/catalogue/list-sorted.sql), in an order that is asked for, with
-- the exact number of all of them. One branch for each order, because a plan has one. Each key is ascending, with the
-- id behind it; a page begins behind the last key and id of the page before. Planned for each call: whether to walk in
-- the order until the page is full, or to sort what a filter leaves, depends on the filter.
-- `keys`: of each product on the page, what it is sorted by, as text.
create or replace function products.sorted_page(
  sort text, named integer[], q text, departments text[], department integer, aisle integer, min_price numeric,
  max_price numeric, in_stock boolean, after_key text, after_id integer, page_size bigint, page_offset bigint,
  out total bigint, out is_near boolean, out ids integer[], out keys text[]
)
language plpgsql stable set plan_cache_mode = force_custom_plan as $$
declare
  department_ids constant integer[] := case when departments is not null then products.department_ids(departments) end;
  any_price constant boolean := min_price is null and max_price is null;
  found integer[];
  behind numeric;
begin
  is_near := false;
  if q is not null or (named is null and not any_price) then
    select m.ids, m.is_near into found, is_near
    from products.matching(q, departments, department, aisle, min_price, max_price, in_stock) m;
    if named is not null then
      found := array(select f.id from unnest(found) f (id) where f.id = any (named));
    end if;
  elsif named is not null then
    found := array(
      select p.product_id from products.products p
      left join products.product_enriched e on e.product_id = p.product_id
      where p.product_id = any (named)
        and (department_ids is null or p.department_id = any (department_ids))
        and (department is null or p.department_id = department)
        and (aisle is null or p.aisle_id = aisle)
        and (any_price or e.price between coalesce(min_price, 0) and coalesce(max_price, 'infinity'))
        and (in_stock is not true
          or not exists (select from products.sold_out s where s.product_id = p.product_id)));
  end if;

  if found is not null then
    total := cardinality(found);
  else
    select coalesce(sum(c.products), 0) into total from products.product_counts c
    where (department_ids is null or c.department_id = any (department_ids))
      and (department is null or c.department_id = department)
      and (aisle is null or c.aisle_id = aisle);
    if in_stock then
      total := total - (
        select count(*) from products.sold_out s
        join products.products p on p.product_id = s.product_id
        where (department_ids is null or p.department_id = any (department_ids))
          and (department is null or p.department_id = department)
          and (aisle is null or p.aisle_id = aisle));
    end if;
  end if;

  -- Past the end nothing is read.
  if page_offset >= total then
    return;
  end if;
  after_id := coalesce(after_id, -2147483648);
  if sort = 'name' then
    select array_agg(w.product_id), array_agg(w.key) into ids, keys from (
      select p.product_id, left(p.search_name, 100) collate "C" as key from products.products p
      where (left(p.search_name, 100) collate "C", p.product_id) > (coalesce(after_key, ''), after_id)
        and (found is null or p.product_id = any (found))
        and (found is not null or (
          (department_ids is null or p.department_id = any (department_ids))
          and (department is null or p.department_id = department)
          and (aisle is null or p.aisle_id = aisle)
          and (in_stock is not true
            or not exists (select from products.sold_out s where s.product_id = p.product_id))))
      order by left(p.search_name, 100) collate "C", p.product_id limit page_size offset page_offset
    ) w;
  elsif sort = 'product_id' then
    select array_agg(w.product_id), array_agg(''::text) into ids, keys from (
      select p.product_id from products.products p
      where p.product_id > after_id
        and (found is null or p.product_id = any (found))
        and (found is not null or (
          (department_ids is null or p.department_id = any (department_ids))
          and (department is null or p.department_id = department)
          and (aisle is null or p.aisle_id = aisle)
          and (in_stock is not true
            or not exists (select from products.sold_out s where s.product_id = p.product_id))))
      order by p.product_id limit page_size offset page_offset
    ) w;
  elsif sort = 'price' then
    behind := coalesce(after_key::numeric, '-infinity');
    select array_agg(w.product_id), array_agg(w.key::text) into ids, keys from (
      select r.product_id, coalesce(r.price, 'infinity') as key
      from products.rankings r join products.products p on p.product_id = r.product_id
      where (coalesce(r.price, 'infinity'), r.product_id) > (behind, after_id)
        and (found is null or r.product_id = any (found))
        and (found is not null or (
          (department_ids is null or p.department_id = any (department_ids))
          and (department is null or p.department_id = department)
          and (aisle is null or p.aisle_id = aisle)
          and (in_stock is not true
            or not exists (select from products.sold_out s where s.product_id = r.product_id))))
      order by coalesce(r.price, 'infinity'), r.product_id limit page_size offset page_offset
    ) w;
  elsif sort = '-price' then
    behind := coalesce(after_key::numeric, '-infinity');
    select array_agg(w.product_id), array_agg(w.key::text) into ids, keys from (
      select r.product_id, coalesce(-r.price, 'infinity') as key
      from products.rankings r join products.products p on p.product_id = r.product_id
      where (coalesce(-r.price, 'infinity'), r.product_id) > (behind, after_id)
        and (found is null or r.product_id = any (found))
        and (found is not null or (
          (department_ids is null or p.department_id = any (department_ids))
          and (department is null or p.department_id = department)
          and (aisle is null or p.aisle_id = aisle)
          and (in_stock is not true
            or not exists (select from products.sold_out s where s.product_id = r.product_id))))
      order by coalesce(-r.price, 'infinity'), r.product_id limit page_size offset page_offset
    ) w;
  else
    select array_agg(w.product_id), array_agg(w.key::text) into ids, keys from (
      select r.product_id, -r.popularity as key
      from products.rankings r join products.products p on p.product_id = r.product_id
      where (-r.popularity, r.product_id) > (coalesce(after_key::bigint, -9223372036854775807), after_id)
        and (found is null or r.product_id = any (found))
        and (found is not null or (
          (department_ids is null or p.department_id = any (department_ids))
          and (department is null or p.department_id = department)
          and (aisle is null or p.aisle_id = aisle)
          and (in_stock is not true
            or not exists (select from products.sold_out s where s.product_id = r.product_id))))
      order by -r.popularity, r.product_id limit page_size offset page_offset
    ) w;
  end if;
end
$$;
