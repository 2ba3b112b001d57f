-- Fresh statistics of what an import writes.
analyze products.products, products.product_enriched, products.inventory, products.product_counts, products.rankings
