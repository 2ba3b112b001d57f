-- The orders with a product. Those that are not settled yet are looked up one by one; the settled ones are summed by
-- month already (orders.product_totals), the part of a month at either end aside. Each end goes to the nearer end of
-- its month, back or forth, and what that is too much or too little is looked up: at most half a month of one product
-- at each end (orders.sum_product_moment). A range that is shorter than that is looked up itself.
--
-- Example: from 10 March to before 20 May, all settled. `first_month` is March, `end_month` June: the sums of March,
-- April and May, without 1 to 9 March, and without 20 to 31 May. From 20 March to before 10 May: April, with 20 to 31
-- March and 1 to 9 May. Settled until 25 May: what is summed of May ends there, so only 20 to 24 May are taken off. To
-- before 28 May, settled until then: all that is summed of May, and 25 to 27 May.
create or replace function orders.sum_product(
  with_product integer, with_status text, from_time timestamptz, to_time timestamptz,
  out orders bigint, out total_quantity bigint, out total_price numeric
) language plpgsql stable as $$
declare
  before constant timestamptz := to_time + interval '1 microsecond';
  settled constant timestamptz := (select until from orders.settled_orders);
  settled_to constant timestamptz := least(before, settled);
  settled_from constant timestamptz := least(from_time, settled_to);
  first_month date := orders.month_of(settled_from);
  end_month date := orders.month_of(settled_to);
  starts timestamptz;
  ends timestamptz;
  middle timestamptz;
  looked_up interval := interval '0';
  is_short boolean := false;
begin
  -- Nothing is summed behind `settled`.
  if isfinite(settled_from) then
    starts := first_month::timestamp at time zone 'UTC';
    ends := least((first_month + interval '1 month') at time zone 'UTC', settled);
    if settled_from - starts >= ends - settled_from then
      first_month := first_month + interval '1 month';
    end if;
    looked_up := least(settled_from - starts, ends - settled_from);
  end if;
  if isfinite(settled_to) then
    starts := end_month::timestamp at time zone 'UTC';
    middle := starts;
    ends := least((end_month + interval '1 month') at time zone 'UTC', settled);
    if settled_to - starts >= ends - settled_to then
      end_month := end_month + interval '1 month';
    end if;
    looked_up := looked_up + least(settled_to - starts, ends - settled_to);
    is_short := isfinite(settled_from) and settled_to - settled_from <= looked_up;
  end if;
  starts := least(first_month::timestamp at time zone 'UTC', settled);
  ends := least(end_month::timestamp at time zone 'UTC', settled);

  select coalesce(sum(s.sign * s.orders), 0), coalesce(sum(s.sign * s.quantity), 0), coalesce(sum(s.sign * s.price), 0)
  into orders, total_quantity, total_price
  from (
    select 1 as sign, t.orders, t.total_quantity as quantity, t.total_price as price
    from orders.product_totals t
    where not is_short and t.product_id = with_product and t.month >= first_month and t.month < end_month
      and (with_status is null or t.status = with_status)
    union all
    select part.sign, m.orders, m.total_quantity, m.total_price
    from (values
      -- A short range lies in two months, at most.
      (1, is_short, settled_from, least(middle, settled_to)),
      (1, is_short, greatest(middle, settled_from), settled_to),
      (1, not is_short, settled_from, starts),
      (-1, not is_short, starts, settled_from),
      (1, not is_short, ends, settled_to),
      (-1, not is_short, settled_to, ends)
    ) part (sign, is_wanted, from_time, before)
    cross join lateral orders.sum_product_moment(with_product, with_status, part.from_time, part.before, true) m
    where part.is_wanted and part.from_time < part.before
    union all
    select 1, m.orders, m.total_quantity, m.total_price
    from orders.sum_product_moment(with_product, with_status, greatest(from_time, settled), before, false) m
    where greatest(from_time, settled) < before
  ) s;
end
$$;
