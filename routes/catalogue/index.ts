import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { Type, type Static } from '@sinclair/typebox'
import { nullable, pick, pickSome } from '../../schemas.ts'
import type { Context } from '../../plugins/context.ts'
import { problem, type ErrorCode } from '../../common/problems.ts'
import {
  Aisle, Department, ManagedProductRow, Offer, ProductChange, ProductChanges, ProductRow, type NewProduct
} from './schema.ts'

export interface ProductFilter {
  categories?: string[]
  q?: string
  department_id?: number
  aisle_id?: number
  min_price?: number
  max_price?: number
  /** Only what is not sold out; a product whose stock is not tracked never is. */
  in_stock?: boolean
  cursor?: string
  limit: number
  offset: number
}

declare module 'fastify' {
  interface FastifyInstance { catalogue: ReturnType<typeof catalogueDomain> }
}

/**
 * The catalogue. What shows it to customers reads the replica where there is one; the back office, which has prices in
 * cents, and stock, always reads the primary: whoever changes a product reads it back.
 */
function catalogueDomain (fastify: FastifyInstance) {
  const { catalogueStatement: replicated, statement } = fastify.database
  const Total = { total: Type.Integer() }
  const find = replicated('catalogue/find', ProductRow)
  const list = replicated('catalogue/list', Type.Object({ ...Total, ...ProductRow.properties }))
  const search = replicated('catalogue/search',
    Type.Object({ ...Total, is_near: Type.Boolean(), ...ProductRow.properties }))
  const findOffers = replicated('catalogue/find-offers', Offer)
  const listDepartments = replicated('catalogue/list-departments', Department)
  const listAisles = replicated('catalogue/list-aisles', Aisle)
  const findManaged = statement('catalogue/find-managed', ManagedProductRow)
  const listManaged = statement('catalogue/list-managed',
    Type.Object({ ...Total, ...ManagedProductRow.properties }))
  const searchManaged = statement('catalogue/search-managed',
    Type.Object({ ...Total, ...ManagedProductRow.properties }))
  const create = statement('catalogue/create-product', ManagedProductRow)
  const change = statement('catalogue/change-product', ManagedProductRow)
  const changeMany = statement('catalogue/change-products',
    Type.Object({ results: Type.Array(nullable(Type.String())) }))
  const foldMovements = statement('catalogue/fold-movements', Type.Object({ folded: Type.Integer() }))

  return {
    /** One product. Rejects with PRODUCT_NOT_FOUND. */
    async find (productId: number): Promise<Static<typeof ProductRow>> {
      const product = await find.first(productId)
      if (!product) throw problem('PRODUCT_NOT_FOUND')
      return product
    },

    /**
     * A page of the products that match every filter, by id, with the exact number of all that match. Where no name
     * contains every word of `q`: the nearest names, the nearest first, and no cursor. Rejects with INVALID_CURSOR.
     */
    async list (filter: ProductFilter) {
      const where = [
        filter.categories ?? null, filter.department_id ?? null, filter.aisle_id ?? null
      ]
      // One more than asked for tells whether another page follows.
      const page = [decodeCursor(filter.cursor), filter.limit + 1, filter.offset]
      const prices = [filter.min_price ?? null, filter.max_price ?? null]
      const q = filter.q?.trim() || null
      const inStock = filter.in_stock ?? null

      if (q !== null || prices.some((price) => price !== null)) {
        const found = await fastify.database.searches.run(
          async () => await search.all(...where, ...page, ...prices, q, inStock)
        )
        return pageOf(found, filter.limit, found[0]!.is_near)
      }
      return pageOf(await list.all(...where, ...page, inStock), filter.limit)
    },

    /** SKU and stock of these products, by product id. */
    async findOffers (productIds: number[]): Promise<Map<number, Static<typeof Offer>>> {
      const offers = await findOffers.all(productIds.map(String))
      return new Map(offers.map((offer) => [offer.product_id, offer]))
    },

    /** All departments with the number of their products. */
    listDepartments: async () => await listDepartments.all(),

    /** All aisles with the number of their products. */
    listAisles: async () => await listAisles.all(),

    /** One product for the back office. Rejects with PRODUCT_NOT_FOUND. */
    async findManaged (productId: number): Promise<Static<typeof ManagedProductRow>> {
      const product = await findManaged.first(productId)
      if (!product) throw problem('PRODUCT_NOT_FOUND')
      return product
    },

    /** A page of them by id, with the exact number of all; `q` is looked for in the name as by `list`. */
    async listManaged ({ q, limit, offset }: { q?: string, limit: number, offset: number }) {
      const found = q?.trim()
        ? await fastify.database.searches.run(async () => await searchManaged.all(q, limit, offset))
        : await listManaged.all(limit, offset)
      return { items: found.filter((product) => product.id !== null), total: found[0]!.total }
    },

    /** Makes a product. Rejects with DEPARTMENT_NOT_FOUND, AISLE_NOT_FOUND, SKU_ALREADY_EXISTS. */
    async create (input: Static<typeof NewProduct>, context: Context): Promise<Static<typeof ManagedProductRow>> {
      return (await create.first(JSON.stringify(input), JSON.stringify(context)))!
    },

    /** Changes name, price or stock; only what was sent. Rejects with PRODUCT_NOT_FOUND, PRECONDITION_FAILED. */
    async change (
      productId: number, changes: Static<typeof ProductChanges>, ifMatch: string[] | null, context: Context
    ) {
      return (await change.first(productId, JSON.stringify(pickSome(ProductChanges, changes)), ifMatch,
        JSON.stringify(context)))!
    },

    /** Changes many products, each on its own; returns the code of its refusal, or null, for each. */
    async changeMany (changes: Static<typeof ProductChange>[], context: Context): Promise<(ErrorCode | null)[]> {
      const picked = changes.map((change) => pick(ProductChange, change))
      return (await changeMany.first(JSON.stringify(picked), JSON.stringify(context)))!.results as (ErrorCode | null)[]
    },

    /** Folds up to `limit` movements of stocks that are older than 400 days; says how many there were. */
    foldMovements: async (limit: number) => (await foldMovements.first(limit))!.folded
  }
}

export default fp(async (fastify) => {
  fastify.decorate('catalogue', catalogueDomain(fastify))
}, { name: 'catalogue', dependencies: ['database'] })

/** Of rows that each hold the total; where no product is on the page, one row does. */
function pageOf (found: (Static<typeof ProductRow> & { total: number })[], limit: number, isNear = false) {
  const { total, product_id: first } = found[0]!
  const products = first === null ? [] : found.slice(0, limit)
  const last = products.at(-1)
  return {
    products, total, next_cursor: found.length > limit && last && !isNear ? encodeCursor(last.product_id) : null
  }
}

const encodeCursor = (productId: number) => Buffer.from(`p${productId}`).toString('base64url')

function decodeCursor (cursor: string | undefined): number | null {
  if (cursor === undefined) return null
  const [, id] = /^p(\d{1,10})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (id === undefined) throw problem('INVALID_CURSOR')
  return Number(id)
}
