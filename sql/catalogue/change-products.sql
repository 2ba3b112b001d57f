-- Changes products, each on its own; says what became of each.
-- $1 changes jsonb: [{id, name, price_cents, stock}]
-- $2 context jsonb: actor, request_id
select to_json(products.change_products($1, $2)) as results
