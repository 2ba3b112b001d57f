-- What orders.order_totals keeps per day, once more per month: a total over years reads months, and days at its ends only. Both are written
-- by orders.fold_totals alone; what orders change goes into the shards from 0 up, which it folds into the day's shard -1 later.
create table orders.order_month_totals (
  month date not null,
  status text not null,
  orders bigint not null,
  total_quantity bigint not null,
  total_price numeric(20, 2) not null,
  constraint order_month_totals_pkey primary key (month, status)
);
create index order_totals_unfolded_idx on orders.order_totals (day) where shard >= 0;
