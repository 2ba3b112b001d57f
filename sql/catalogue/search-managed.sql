-- As list-managed.sql, for products whose names contain every word of a text or else are near it, as in search.sql.
-- $1 q text
-- $2 limit integer
-- $3 offset integer
select cardinality(f.ids)::bigint as total, m.*
from products.matching($1, null, null, null, null, null, null) f
left join lateral (
  select id, place from unnest(f.ids[$3::integer + 1:$3 + $2::integer]) with ordinality u (id, place)
) page on true
left join lateral (
  select * from products.managed_products where id = page.id offset 0
) m on true
order by page.place
