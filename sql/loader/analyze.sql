-- Fresh statistics, so that the first requests get the right plans.
analyze products.departments, products.aisles, products.products, products.product_enriched, products.inventory,
  products.product_counts, users.users, orders.orders, orders.order_items, orders.order_status_history,
  orders.order_totals, orders.product_totals, orders.product_day_totals
