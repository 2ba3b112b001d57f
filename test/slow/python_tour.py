"""The README's tour, by the generated client: python_tour.py URL API_KEY ADMIN_KEY. Ends with what it saw, as JSON."""
import json
import sys
from datetime import datetime
from uuid import UUID

from db_service import AuthenticatedClient, Client
from db_service.api.carts import add_cart_item, checkout_cart, get_cart
from db_service.api.catalogue import list_products, query_catalogue
from db_service.api.management_orders import create_managed_order, list_managed_orders
from db_service.api.management_products import update_managed_product
from db_service.api.management_users import update_managed_user
from db_service.api.orders import get_invoice, get_order, list_user_orders, store_invoice, update_order
from db_service.api.storefront_accounts import log_in_customer
from db_service.api.storefront_carts import get_own_cart
from db_service.api.storefront_catalogue import list_storefront_products
from db_service.api.storefront_orders import create_own_order, list_own_orders
from db_service.api.users import list_order_status_notifications, log_in_user
from db_service import models
from db_service.models import OrderStatus, Problem
from db_service.types import File
from io import BytesIO

url, api_key, admin_key = sys.argv[1:]
shop = AuthenticatedClient(base_url=url, token=api_key, prefix='', auth_header_name='X-API-Key')
user = UUID('54e02e9f-e6c8-50c3-9b2e-87f37ee5b745')

page = list_products.sync(client=shop, q='apple', max_price=8, limit=2)
assert len(page.products) == 2 and all(product.price <= 8 for product in page.products), page
logged_in = log_in_user.sync(client=shop, body=models.Login(email_address='demo@example.com', password='password'))
assert logged_in.user_id == user and logged_in.has_active_cart is False, logged_in
assert isinstance(logged_in.last_login, datetime), 'times are datetimes'

added = add_cart_item.sync(user, client=shop, body=models.NewCartItem(product_id=1, quantity=2))
cart = get_cart.sync(user, client=shop)
assert cart == added and cart.total_quantity == 2 and cart.items[0].product_name.startswith('Alder Farm'), cart

first = checkout_cart.sync_detailed(user, client=shop, idempotency_key='tour-1')
again = checkout_cart.sync_detailed(user, client=shop, idempotency_key='tour-1')
assert first.status_code == 201 and first.headers['Location'] and 'Idempotency-Replayed' not in first.headers, first
assert again.parsed == first.parsed and again.headers['Idempotency-Replayed'] == 'true', again
order_id = list_user_orders.sync(user, client=shop, limit=1).data[0].order_id
assert order_id == first.parsed.data[0].order_id

shipment = models.OrderChanges(status='shipped', tracking_number='1Z999AA10123456784', shipping_carrier='UPS', note='left at noon')
update_order.sync(order_id, client=shop, body=shipment, x_actor='warehouse')
order = get_order.sync(order_id, client=shop).data[0]
assert order.status == OrderStatus.SHIPPED, order
assert [(entry.changed_by, entry.note) for entry in order.status_history] == [(None, 'Order created'), ('warehouse', 'left at noon')]
refused = update_order.sync_detailed(order_id, client=shop, body=models.OrderChanges(status='pending'))
assert refused.status_code == 409 and isinstance(refused.parsed, Problem), refused
assert refused.parsed.code == 'INVALID_STATUS_TRANSITION', refused.parsed
changes = list_order_status_notifications.sync(user, client=shop)
assert (changes[0].order_id, changes[0].status) == (order_id, OrderStatus.SHIPPED), changes
rows = query_catalogue.sync(client=shop, body=models.CatalogueQuery(
    sql='select product_id, price from product_enriched where price < $1 order by price limit 3', params=[4]))
assert rows.row_count == 3 and rows.data[0]['price'] < 4, rows
pdf = b'%PDF-1.7 an invoice'
stored = store_invoice.sync(order_id, client=shop, body=File(payload=BytesIO(pdf)))
fetched = get_invoice.sync(order_id, client=shop)

storefront = Client(base_url=url)
session = log_in_customer.sync(client=storefront, body=models.CustomerLogin(email='demo@example.com', password='password'))
customer = AuthenticatedClient(base_url=url, token=session.token)
shown = list_storefront_products.sync(client=storefront, search='apple', max_price=8, in_stock=True, limit=2)
assert [product.name for product in shown.products] == [product.product_name for product in page.products], shown
own = create_own_order.sync(client=customer, body=models.NewStorefrontOrder.from_dict({'items': [{'product_id': '1', 'quantity': 2}]}))
assert own.total == round(own.subtotal + own.tax + own.shipping_cost - own.discount, 2) and own.tax > 0, own
assert list_own_orders.sync(client=customer, per_page=3).orders[0].id == own.id
assert get_own_cart.sync('me', client=customer).items == []

office = AuthenticatedClient(base_url=url, token=admin_key, prefix='', auth_header_name='X-API-Key')
found = list_managed_orders.sync(
    client=office, product_id=1, status=OrderStatus.SHIPPED, start_date='2026-01-01', limit=5)
assert found.total >= 1 and found.total_amount_cents > 0, found
paid = create_managed_order.sync(client=office, body=models.NewManagedOrder.from_dict(
    {'user_id': 1, 'status': 'paid', 'items': [{'product_id': 1, 'quantity': 2}]}))
assert paid.status == OrderStatus.PAID, paid
changed = update_managed_product.sync(1, client=office, body=models.ManagedProductChanges(price_cents=379, stock=25))
assert (changed.price_cents, changed.stock) == (379, 25), changed
named = update_managed_user.sync('1', client=office, body=models.ManagedUserChanges(full_name='Ada King Lovelace'))
assert named.full_name == 'Ada King Lovelace', named

print(json.dumps({
    'order_id': order_id, 'total': order.total_price, 'refusal': refused.parsed.code, 'own_order': own.order_number,
    'invoice': [stored.size, fetched.payload.read() == pdf], 'name': named.full_name
}))
