import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { Type, type Static } from '@sinclair/typebox'
import { containing, nullable, object, ProductId } from '../../schemas.ts'
import { problem } from '../infra/errors.ts'

export const Product = object('Product', {
  product_id: ProductId,
  product_name: Type.String(),
  department_id: nullable(Type.Integer()),
  department_name: nullable(Type.String()),
  aisle_id: nullable(Type.Integer()),
  aisle_name: nullable(Type.String()),
  description: nullable(Type.String()),
  price: nullable(Type.Number({ description: 'null: the catalogue has none' })),
  image_url: nullable(Type.String())
})
export const ProductRow = Type.Object({ version: Type.Integer(), ...Product.properties })

/** What a shop front shows of a product besides; `stock` null: not tracked. */
export const Offer = Type.Object({ product_id: Type.Integer(), sku: nullable(Type.String()), stock: nullable(Type.Integer()) })

export const Department = object('Department', {
  department_id: Type.Integer(),
  department_name: Type.String(),
  product_count: Type.Integer(),
  description: nullable(Type.String()),
  image_url: nullable(Type.String())
})
export const Aisle = object('Aisle', { aisle_id: Type.Integer(), aisle_name: Type.String(), product_count: Type.Integer() })

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
  interface FastifyInstance { products: ReturnType<typeof productsDomain> }
}

/** The catalogue, read from the replica where there is one. */
function productsDomain (fastify: FastifyInstance) {
  const { catalogueStatement: statement } = fastify.database
  const Total = Type.Object({ total: Type.Integer() })
  const find = statement('products/find', ProductRow)
  const list = statement('products/list', ProductRow)
  const listByPrice = statement('products/list-by-price', ProductRow)
  const search = statement('products/search', ProductRow)
  const count = statement('products/count', Total)
  const countByPrice = statement('products/count-by-price', Total)
  const countSearch = statement('products/count-search', Total)
  const listDepartments = statement('products/list-departments', Department)
  const findOffers = statement('products/find-offers', Offer)
  const listAisles = statement('products/list-aisles', Aisle)

  return {
    /** One product. Rejects with PRODUCT_NOT_FOUND. */
    async find (productId: number): Promise<Static<typeof ProductRow>> {
      const product = await find.first(productId)
      if (!product) throw problem('PRODUCT_NOT_FOUND')
      return product
    },

    /**
     * A page of the products that fit every filter, by id, with the exact number of all that fit. One statement for each way
     * into the catalogue (sql/products). Rejects with INVALID_CURSOR.
     */
    async list (filter: ProductFilter) {
      const where = [
        filter.categories?.map((name) => name.toLowerCase()) ?? null, filter.department_id ?? null, filter.aisle_id ?? null
      ]
      // One more than asked for tells whether another page follows.
      const page = [decodeCursor(filter.cursor), filter.limit + 1, filter.offset]
      const prices = [filter.min_price ?? null, filter.max_price ?? null]
      const pattern = filter.q ? containing(filter.q) : undefined
      const inStock = filter.in_stock ?? null
      const byPrice = prices.some((price) => price !== null)

      const [found, counted] = await Promise.all(
        pattern
          ? [search.all(...where, ...page, ...prices, pattern, inStock), countSearch.first(...where, ...prices, pattern, inStock)]
          : byPrice
            ? [listByPrice.all(...where, ...page, ...prices, inStock), countByPrice.first(...where, ...prices, inStock)]
            : [list.all(...where, ...page, inStock), count.first(...where, inStock)])
      const products = found.slice(0, filter.limit)
      const last = products.at(-1)
      return {
        products,
        total: counted!.total,
        next_cursor: found.length > products.length && last ? encodeCursor(last.product_id) : null
      }
    },

    /** SKU and stock of these products, by product id. */
    async findOffers (productIds: number[]): Promise<Map<number, Static<typeof Offer>>> {
      const offers = await findOffers.all(productIds.map(String))
      return new Map(offers.map((offer) => [offer.product_id, offer]))
    },

    /** All departments with the number of their products. */
    listDepartments: async () => await listDepartments.all(),

    /** All aisles with the number of their products. */
    listAisles: async () => await listAisles.all()
  }
}

export default fp(async (fastify) => {
  fastify.decorate('products', productsDomain(fastify))
}, { name: 'products', dependencies: ['database'] })

const encodeCursor = (productId: number) => Buffer.from(`p${productId}`).toString('base64url')

function decodeCursor (cursor: string | undefined): number | null {
  if (cursor === undefined) return null
  const [, id] = /^p(\d{1,10})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (id === undefined) throw problem('INVALID_CURSOR')
  return Number(id)
}
