import {
  camelCase, fieldsOf, graphql, HISTORY_FIELDS, ITEM_FIELDS, ORDER_FIELDS, orderOf, productOf, USER_FIELDS, type Nested,
  type Peer, type Row
} from './peer.ts'

const USER = ['external_user_id', ...USER_FIELDS].map(camelCase).join(',')

/** A row is in the place of the id that refers to it, so that the id is asked for in there. */
const DEPARTMENT = 'department: departmentId { department_id: departmentId department_name: departmentName }'
const AISLE = 'aisle: aisleId { aisle_id: aisleId aisle_name: aisleName }'

const PAGE = `query ($offset: Int!) {
  products: productsProducts(limit: 25, offset: $offset, orderBy: [{ field: productId, direction: ASC }]) {
    ${fieldsOf(['product_id', 'product_name'])}
    ${DEPARTMENT} ${AISLE} enriched { ${fieldsOf(['description', 'price', 'image_url'])} }
  }
  count: countProductsProducts { total }
}`

const ORDER = `query ($id: ID!) {
  order: getOrdersOrderById(id: $id) {
    order_id: id ${fieldsOf(ORDER_FIELDS)}
    user { user_id: externalUserId }
    invoices: ordersInvoices { createdAt }
    status_history: ordersOrderStatusHistory(
      limit: 100, orderBy: [{ field: changedAt, direction: ASC }, { field: historyId, direction: ASC }]
    ) { ${fieldsOf(HISTORY_FIELDS)} }
  }
  items: ordersOrderItems(
    where: { orderId: { eq: $id } }, limit: 100,
    orderBy: [{ field: addToCartOrder, direction: ASC }, { field: productId, direction: ASC }]
  ) {
    ${fieldsOf(ITEM_FIELDS)}
    product: productId {
      product_id: productId department: departmentId { department_name: departmentName }
      aisle: aisleId { aisle_name: aisleName } enriched { description }
    }
  }
}`

type Product = Nested<'department' | 'aisle' | 'enriched'>
interface Order {
  order: Row & {
    order_id: string, user: { user_id: string } | null, invoices: object[], status_history: Row[]
  }
  items: Row[]
}

const itemOf = ({ product, ...item }: Row): Row => {
  const { product_id: id, department_name: department, aisle_name: aisle, description } = productOf(product as Product)
  return { ...item, product_id: id!, department_name: department!, aisle_name: aisle!, description: description! }
}

/** REST where one table answers, GraphQL where a request needs several. */
export const platformatic: Peer = {
  name: 'Platformatic DB',
  package: { name: '@platformatic/db', version: '3.67.0' },
  server: 'platformatic-server.ts',
  request: {
    user: (id) => ({
      method: 'GET', path: `/usersUsers/?where.externalUserId.eq=${id}&limit=1&fields=${USER}`, headers: {}
    }),
    page: (offset) => graphql(PAGE, { offset }),
    order: (id) => graphql(ORDER, { id })
  },
  rows: {
    user: ([user]: [Row]) => ({
      user_id: user.externalUserId!, ...Object.fromEntries(USER_FIELDS.map((name) => [name, user[camelCase(name)]!]))
    }),
    page: ({ data }: { data: { products: Product[], count: { total: number } } }) => ({
      total: data.count.total,
      products: data.products.map((row) => ({
        ...productOf(row),
        department_id: row.department?.department_id ?? null,
        aisle_id: row.aisle?.aisle_id ?? null
      }))
    }),
    order: ({ data: { order, items } }: { data: Order }) => {
      const { order_id: id, user, invoices, status_history: history, ...own } = order
      return orderOf(id, own, user?.user_id ?? null, invoices.length > 0, items.map(itemOf), history)
    }
  }
}
