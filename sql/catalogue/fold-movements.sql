-- Folds old movements of stocks into balances; says how many there were to fold.
-- $1 limit bigint
select products.fold_movements($1) as folded
