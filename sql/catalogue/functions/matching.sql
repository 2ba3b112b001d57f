-- The ids of the products that fit the filters (sql/catalogue/search.sql) and whose names contain every word of `q`, by
-- id; without `q`, those within a range of prices. Where no name at all contains the words: of the 400 first ones whose
-- names are near, those that fit, the nearest first.
-- All ids, since their number is wanted: 50,000 take 10 ms. Without a word for the index all names are read, which
-- takes as long as 5,000 found by the index. The nearest are bounded because comparing takes 10 µs a name, and finding
-- a trigram that is in thousands of names takes its time, too.
create or replace function products.matching(
  q text, departments text[], department integer, aisle integer, min_price numeric, max_price numeric, in_stock boolean,
  out ids integer[], out is_near boolean
)
language plpgsql stable
-- Near enough for one wrong letter in a word of seven.
set pg_trgm.word_similarity_threshold = 0.5
as $$
declare
  patterns constant text[] := gateway.search_patterns(q);
  first constant text := patterns[1];
  is_indexed constant boolean := first ~ '[a-z0-9]{3}';
  nearby constant text := left(gateway.fold_text(q), 48);
  department_ids constant integer[] := case when departments is not null then products.department_ids(departments) end;
  any_place constant boolean := department_ids is null and department is null and aisle is null;
  any_price constant boolean := min_price is null and max_price is null;
  cheapest constant numeric := coalesce(min_price, 0);
  dearest constant numeric := coalesce(max_price, 'infinity');
begin
  is_near := false;
  if q is null then
    select array_agg(e.product_id) into ids from (
      select product_id from products.product_enriched where price between cheapest and dearest order by product_id
    ) e
    where (any_place or e.product_id in (
        select p.product_id from products.products p
        where (department_ids is null or p.department_id = any (department_ids))
          and (department is null or p.department_id = department)
          and (aisle is null or p.aisle_id = aisle)))
      and (in_stock is not true or e.product_id not in (select product_id from products.sold_out));
  elsif is_indexed then
    select array_agg(p.product_id order by p.product_id) into ids from products.products p
    where p.search_name like first and p.search_name like all (patterns)
      and (department_ids is null or p.department_id = any (department_ids))
      and (department is null or p.department_id = department)
      and (aisle is null or p.aisle_id = aisle)
      and (any_price or p.product_id in (
        select product_id from products.product_enriched where price between cheapest and dearest))
      and (in_stock is not true or p.product_id not in (select product_id from products.sold_out));
  else
    select array_agg(p.product_id order by p.product_id) into ids from products.products p
    where p.search_name like all (patterns)
      and (department_ids is null or p.department_id = any (department_ids))
      and (department is null or p.department_id = department)
      and (aisle is null or p.aisle_id = aisle)
      and (any_price or p.product_id in (
        select product_id from products.product_enriched where price between cheapest and dearest))
      and (in_stock is not true or p.product_id not in (select product_id from products.sold_out));
  end if;

  if ids is null and is_indexed and not exists (
    select from products.products p where p.search_name like first and p.search_name like all (patterns)
  ) then
    is_near := true;
    select array_agg(p.product_id order by word_similarity(nearby, p.search_name) desc, p.product_id) into ids
    from (select * from products.products n where nearby <% n.search_name limit 400) p
    where (department_ids is null or p.department_id = any (department_ids))
      and (department is null or p.department_id = department)
      and (aisle is null or p.aisle_id = aisle)
      and (any_price or exists (
        select from products.product_enriched e
        where e.product_id = p.product_id and e.price between cheapest and dearest))
      and (in_stock is not true or not exists (select from products.sold_out s where s.product_id = p.product_id));
  end if;
  ids := coalesce(ids, '{}');
end
$$;
