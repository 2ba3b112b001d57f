import type { FastifyInstance } from 'fastify'
import { Type, type TObject } from '@sinclair/typebox'
import { Moment, nullable } from '../../schemas.ts'
import type { Statement } from '../../database/statements.ts'
import type { ManagedOrderFilter } from './managed.ts'
import { endOf } from './page.ts'
import { Status } from './schema.ts'

/** Orders read at once: a moment of the database, and of this process. */
const BATCH = 200

const Owned = {
  order_id: Type.Integer(),
  user_id: nullable(Type.Integer()),
  user_name: nullable(Type.String()),
  status: Status,
  created_at: Moment,
  updated_at: Moment
}
const OrderColumns = {
  ...Owned, total_items: Type.Integer(), total_quantity: Type.Integer(), total_amount_cents: Type.Integer()
}
const LineColumns = {
  ...Owned,
  item_id: nullable(Type.Integer()),
  product_id: nullable(Type.Integer()),
  product_name: nullable(Type.String()),
  quantity: nullable(Type.Integer()),
  price_cents_at_purchase: nullable(Type.Integer())
}

/** What a row of CSV has: for each order, or for each of its lines. */
export const EXPORT_COLUMNS = { orders: Object.keys(OrderColumns), lines: Object.keys(LineColumns) }

interface Positioned { order_id: number, position: string }

/** Every order that matches, newest first, in batches. What is placed meanwhile is not among them. */
export function exportedOrders (fastify: FastifyInstance) {
  const { exportStatement } = fastify.database
  const Position = { position: Type.String() }
  const positioned = <T extends TObject['properties']>(columns: T) => Type.Object({ ...columns, ...Position })
  const rows = exportStatement('orders/export-orders', positioned(OrderColumns))
  const lines = exportStatement('orders/export-lines', positioned(LineColumns))
  const documents = exportStatement('orders/export-documents',
    Type.Object({ order_id: Type.Integer(), document: Type.String(), ...Position }))

  async function * read<Row extends Positioned> (
    statement: Statement<Row>, { user_id: user, status, product_id: product, ...times }: ManagedOrderFilter,
    least = BATCH
  ) {
    let [found, last]: [Row[], Row | undefined] = [[], undefined]
    do {
      found = await statement.all(
        user ?? null, status ?? null, product ?? null, times.start_date ?? null, endOf(times.end_date),
        last?.position ?? null, last ? String(last.order_id) : null, BATCH)
      last = found.at(-1)
      if (found.length > 0) yield found
      // The last batch is short, but for lines, which do not say how many orders they are of.
    } while (found.length >= least)
  }

  const without = <Row extends Positioned>({ position: _, ...row }: Row) => row

  return {
    /** A row for each order. */
    async * exportOrders (filter: ManagedOrderFilter) {
      for await (const found of read(rows, filter)) yield found.map(without)
    },
    /** A row for each line; an order without lines has one of its own. */
    async * exportLines (filter: ManagedOrderFilter) {
      for await (const found of read(lines, filter, 1)) yield found.map(without)
    },
    /** Each order as JSON text, as the management API shows it. */
    async * exportDocuments (filter: ManagedOrderFilter) {
      for await (const found of read(documents, filter)) yield found.map(({ document }) => document)
    }
  }
}
