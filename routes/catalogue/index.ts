import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { Type, type Static } from '@sinclair/typebox'
import { nullable, pick, pickSome } from '../../schemas.ts'
import type { Context } from '../../plugins/context.ts'
import { problem, type ErrorCode } from '../../common/problems.ts'
import { importer } from './imports.ts'
import { decodeId, decodePosition, encodeId, encodePosition, pageOf, type Sort } from './page.ts'
import {
  Aisle, Department, ManagedProduct, ManagedProductRow, Offer, ProductChange, ProductChanges, ProductRow,
  type NewProduct
} from './schema.ts'

/** Products read at once: a moment of the database, and of this process. */
const EXPORT_BATCH = 500

export interface ProductFilter {
  /** Only these products. */
  ids?: number[]
  sort?: Sort
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

/** The catalogue: for customers, and with prices in cents, and stock, for the back office. */
function catalogueDomain (fastify: FastifyInstance) {
  const { statement } = fastify.database
  const Total = { total: Type.Integer() }
  const find = statement('catalogue/find', ProductRow)
  const list = statement('catalogue/list', Type.Object({ ...Total, ...ProductRow.properties }))
  const search = statement('catalogue/search',
    Type.Object({ ...Total, is_near: Type.Boolean(), ...ProductRow.properties }))
  const listSorted = statement('catalogue/list-sorted',
    Type.Object({ ...Total, key: Type.String(), ...ProductRow.properties }))
  const findOffers = statement('catalogue/find-offers', Offer)
  const listDepartments = statement('catalogue/list-departments', Department)
  const listAisles = statement('catalogue/list-aisles', Aisle)
  const findManaged = statement('catalogue/find-managed', ManagedProductRow)
  const listManaged = statement('catalogue/list-managed',
    Type.Object({ ...Total, ...ManagedProductRow.properties }))
  const searchManaged = statement('catalogue/search-managed',
    Type.Object({ ...Total, ...ManagedProductRow.properties }))
  const exportProducts = fastify.database.exportStatement('catalogue/export-products', ManagedProduct)
  const create = statement('catalogue/create-product', ManagedProductRow)
  const change = statement('catalogue/change-product', ManagedProductRow)
  const changeMany = statement('catalogue/change-products',
    Type.Object({ results: Type.Array(nullable(Type.String())) }))
  const foldMovements = statement('catalogue/fold-movements', Type.Object({ folded: Type.Integer() }))
  const rankPopularity = statement('catalogue/rank-popularity', Type.Object({ changes: Type.Integer() }))

  async function sorted (filter: ProductFilter) {
    const { ids, sort = 'product_id', limit, offset } = filter
    const q = filter.q?.trim() || null
    const after = decodePosition(filter.cursor, sort)
    const find = async () => await listSorted.all(
      sort, ids?.map(String) ?? null, q, filter.categories ?? null, filter.department_id ?? null,
      filter.aisle_id ?? null, filter.min_price ?? null, filter.max_price ?? null, filter.in_stock ?? null,
      after?.key ?? null, after?.id ?? null, limit + 1, offset)
    return pageOf(await fastify.database.searches.run(find), limit,
      ({ key, product_id: id }) => encodePosition({ sort, key, id }))
  }

  return {
    /** One product. Rejects with PRODUCT_NOT_FOUND. */
    async find (productId: number): Promise<Static<typeof ProductRow>> {
      const product = await find.first(productId)
      if (!product) throw problem('PRODUCT_NOT_FOUND')
      return product
    },

    /**
     * A page of the products that match every filter, by id or as `sort` says, with the exact number of all that match.
     * Where no name contains every word of `q`: the nearest names, the nearest first unless they are sorted, and no
     * cursor. Rejects with INVALID_CURSOR.
     */
    async list (filter: ProductFilter) {
      if (filter.ids || filter.sort) return await sorted(filter)
      const where = [
        filter.categories ?? null, filter.department_id ?? null, filter.aisle_id ?? null
      ]
      // One more than asked for tells whether another page follows.
      const page = [decodeId(filter.cursor), filter.limit + 1, filter.offset]
      const prices = [filter.min_price ?? null, filter.max_price ?? null]
      const q = filter.q?.trim() || null
      const inStock = filter.in_stock ?? null

      if (q !== null || prices.some((price) => price !== null)) {
        const found = await fastify.database.searches.run(
          async () => await search.all(...where, ...page, ...prices, q, inStock)
        )
        return pageOf(found, filter.limit, found[0]!.is_near ? null : encodeId)
      }
      return pageOf(await list.all(...where, ...page, inStock), filter.limit, encodeId)
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

    /** Every product, or those that `listManaged` finds, by id, in batches. */
    async * exportProducts (q: string | undefined) {
      let found: Static<typeof ManagedProduct>[] = []
      do {
        found = await exportProducts.all(q?.trim() || null, found.at(-1)?.id ?? null, EXPORT_BATCH)
        if (found.length > 0) yield found
      } while (found.length === EXPORT_BATCH)
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

    /** Loads CSV as it comes in; returns what became of its rows. */
    importRows: importer(fastify),

    /** Folds up to `limit` movements of stocks that are older than 400 days; says how many there were. */
    foldMovements: async (limit: number) => (await foldMovements.first(limit))!.folded,

    /** Counts up to `most` orders that were placed or deleted since for their products; says how many there were. */
    rankPopularity: async (most: number) => (await rankPopularity.first(most))!.changes
  }
}

export default fp(async (fastify) => {
  fastify.decorate('catalogue', catalogueDomain(fastify))
}, { name: 'catalogue', dependencies: ['database'] })
