-- A name as search compares it: without case and accents, compatibility forms (™, ½, full width) taken apart, quotes and dashes as
-- they are typed. Case is that of Latin, Greek, Cyrillic and Armenian letters. It asks neither the database's locale nor an extension,
-- and so is the same everywhere. The column below keeps what it gave: its body changes only together with a new column.
create function products.fold_name(name text) returns text
language sql immutable strict parallel safe as $$
  select case
    when octet_length(name) = length(name) then lower(name collate "C")
    else replace(replace(replace(replace(lower(translate(normalize(name, nfkd),
      'ÆŒÞẞÐØĐĦŁŊŦðøđħłŋŧı‘’‚“”„‐–—'
        || 'ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣςΤΥΦΧΨΩ'
        || 'АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЂЄЅІЈЉЊЋЏҐҒҖҚҢҮҰҲҺӘӨ'
        || 'ԱԲԳԴԵԶԷԸԹԺԻԼԽԾԿՀՁՂՃՄՅՆՇՈՉՊՋՌՍՎՏՐՑՒՓՔՕՖ'
        -- Combining marks, for which nothing stands below.
        || U&'\0300\0301\0302\0303\0304\0305\0306\0307\0308\0309\030A\030B\030C\030D\030E\030F\0311\0313\0314\031B\0323\0324'
        || U&'\0325\0326\0327\0328\032D\032E\0330\0331\0335\0338\0342\0345',
      'æœþßdodhlntdodhlnti''''''"""---'
        || 'αβγδεζηθικλμνξοπρσστυφχψω'
        || 'абвгдежзиклмнопрстуфхцчшщъыьэюяђєѕіјљњћџґғҗқңүұҳһәө'
        || 'աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ') collate "C"),
      'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th')
  end
$$;

alter table products.products add search_name text generated always as (products.fold_name(product_name)) stored;

create index products_search_idx on products.products using gin (search_name gin_trgm_ops);
