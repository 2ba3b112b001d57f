-- The sums kept per product, of all orders at once: they were loaded without the trigger that keeps them.
select orders.settle_all()
