-- Folds the sums of days that are over; says how many there were to fold.
-- $1 limit bigint
select orders.fold_totals($1) as folded
