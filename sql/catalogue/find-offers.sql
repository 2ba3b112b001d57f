-- What the storefront adds to a page of products: SKU and stock, null where it is not tracked.
-- $1 product_ids integer[]
select p.product_id, p.sku, i.stock
from products.products p
left join products.inventory i on i.product_id = p.product_id
where p.product_id = any ($1)
