-- The words of a search as patterns for like, the one to look up in the trigram index first: trigrams are made of
-- letters and digits, and which others than ASCII's count depends on the database's locale. Then the longest, which few
-- names contain.
create or replace function gateway.search_patterns(q text) returns text[]
language sql immutable strict parallel safe as $$
  select array_agg('%' || regexp_replace(word, '([\\%_])', '\\\1', 'g') || '%'
    order by word ~ '[a-z0-9]{3}' desc, length(word) desc, word collate "C" desc)
  from (select distinct regexp_split_to_table(btrim(gateway.fold_text(q)), '\s+') as word) w
$$;
