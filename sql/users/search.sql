-- A page of the users whose name and email address contain every word of a text, by internal id, with the exact number
-- of all; a page without users is one row with that number alone.
-- $1 q text
-- $2 limit integer
-- $3 offset integer
select cardinality(m.ids)::bigint as total, u.*
from users.matching($1) m (ids)
left join lateral (select id from unnest(m.ids[$3::integer + 1:$3 + $2::integer]) page (id)) page on true
left join lateral (select * from users.public_users where id = page.id offset 0) u on true
order by page.id
