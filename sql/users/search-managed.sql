-- As list-managed.sql, for users whose name and email address contain every word of a text, as in search.sql.
-- $1 q text
-- $2 limit integer
-- $3 offset integer
select cardinality(f.ids)::bigint as total, m.*
from users.matching($1) f (ids)
left join lateral (select id from unnest(f.ids[$3::integer + 1:$3 + $2::integer]) page (id)) page on true
left join lateral (select * from users.managed_users where id = page.id offset 0) m on true
order by page.id
