import {
  fieldsOf, graphql, HISTORY_FIELDS, ITEM_FIELDS, ORDER_FIELDS, orderOf, productOf, USER_FIELDS, type Nested, type Peer,
  type Row
} from './peer.ts'

const DEPARTMENT = 'department: productsDepartmentByDepartmentId { department_name: departmentName }'
const AISLE = 'aisle: productsAisleByAisleId { aisle_name: aisleName }'
const enriched = (fields: string) => `enriched: productsProductEnrichedByProductId { ${fields} }`

const USER = `query ($id: UUID!) {
  user: userByExternalUserId(externalUserId: $id) { user_id: externalUserId ${fieldsOf(USER_FIELDS)} }
}`

const PAGE = `query ($offset: Int!) {
  page: allProductsProducts(first: 25, offset: $offset, orderBy: [PRODUCT_ID_ASC]) {
    total: totalCount
    products: nodes {
      ${fieldsOf(['product_id', 'product_name', 'department_id', 'aisle_id'])}
      ${DEPARTMENT} ${AISLE} ${enriched(fieldsOf(['description', 'price', 'image_url']))}
    }
  }
}`

const ORDER = `query ($id: BigInt!) {
  order: ordersOrderByRowId(rowId: $id) {
    order_id: rowId ${fieldsOf(ORDER_FIELDS)}
    user: userByUserId { user_id: externalUserId }
    invoice: ordersInvoiceByOrderId { orderId }
    items: ordersOrderItemsByOrderId {
      nodes {
        product_id: productId ${fieldsOf(ITEM_FIELDS)}
        product: productsProductByProductId { ${DEPARTMENT} ${AISLE} ${enriched('description')} }
      }
    }
    status_history: ordersOrderStatusHistoriesByOrderId(orderBy: [CHANGED_AT_ASC, HISTORY_ID_ASC]) {
      nodes { ${fieldsOf(HISTORY_FIELDS)} }
    }
  }
}`

type Product = Nested<'department' | 'aisle' | 'enriched'>
interface Order {
  order: Row & {
    order_id: string
    user: { user_id: string } | null
    invoice: object | null
    items: { nodes: Row[] }
    status_history: { nodes: Row[] }
  }
}

/** It orders by indexed columns only, so that the lines of an order come in the order of their products. */
function itemsOf (nodes: Row[]): Row[] {
  return nodes.map(({ product, ...item }) => {
    const { department_name: department, aisle_name: aisle, description } = productOf(product as Product)
    return { ...item, department_name: department!, aisle_name: aisle!, description: description! }
  }).sort((a: Row, b: Row) =>
    Number(a.add_to_cart_order) - Number(b.add_to_cart_order) || Number(a.product_id) - Number(b.product_id))
}

/** One request of GraphQL each, by its unique keys; what a row refers to is nested. */
export const postgraphile: Peer = {
  name: 'PostGraphile',
  package: { name: 'postgraphile', version: '5.1.5' },
  server: 'postgraphile-server.ts',
  request: {
    user: (id) => graphql(USER, { id }),
    page: (offset) => graphql(PAGE, { offset }),
    order: (id) => graphql(ORDER, { id })
  },
  rows: {
    user: ({ data }: { data: { user: Row } }) => data.user,
    page: ({ data: { page } }: { data: { page: { total: number, products: Product[] } } }) =>
      ({ total: page.total, products: page.products.map(productOf) }),
    order: ({ data: { order } }: { data: Order }) => {
      const { order_id: id, user, invoice, items, status_history: history, ...own } = order
      return orderOf(id, own, user?.user_id ?? null, invoice !== null, itemsOf(items.nodes), history.nodes)
    }
  }
}
