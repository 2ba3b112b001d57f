-- Whether anything can be sold: there is a product with a price, or no product at all.
select exists (select from products.product_enriched where price is not null)
  or not exists (select from products.products) as has_prices
