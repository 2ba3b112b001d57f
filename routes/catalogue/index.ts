import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { Type, type Static } from '@sinclair/typebox'
import { nullable, object, PageInfo, ProductId, ref, Text } from '../../schemas.ts'
import { problem } from '../../plugins/errors.ts'

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
}, {
  examples: [{
    product_id: 1,
    product_name: 'Alder Farm Russet Apples, 1 kg',
    department_id: 1,
    department_name: 'Greengrocer',
    aisle_id: 1,
    aisle_name: 'Fresh Fruit',
    description: 'Nutty, sharp-sweet apples with a rough golden skin.',
    price: 3.49,
    image_url: 'https://example.com/apples.png'
  }]
})
export const ProductPage = object('ProductPage', {
  products: Type.Array(ref(Product)), ...PageInfo, next_cursor: nullable(Type.String())
}, {
  examples: [{ products: Product.examples, total: 200, limit: 1, offset: 0, has_next: true, has_prev: false, next_cursor: 'cDE' }]
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
export const DepartmentList = object('DepartmentList', { departments: Type.Array(ref(Department)) }, {
  examples: [{
    departments: [{
      department_id: 2,
      department_name: 'Bakery',
      product_count: 14,
      description: 'Bread, rolls and pastries.',
      image_url: 'https://example.com/bakery.png'
    }]
  }]
})
export const Aisle = object('Aisle', { aisle_id: Type.Integer(), aisle_name: Type.String(), product_count: Type.Integer() })
export const AisleList = object('AisleList', { aisles: Type.Array(ref(Aisle)) }, {
  examples: [{ aisles: [{ aisle_id: 1, aisle_name: 'Fresh Fruit', product_count: 7 }] }]
})

/** What the routes of the catalogue refer to by name. */
export const catalogueSchemas = [Product, ProductPage, Department, DepartmentList, Aisle, AisleList]

export const SearchText = Text(255, {
  description: 'finds names that contain every word of it, in any order, without regard to case and accents; where none does, up to 400 of ' +
    'the nearest, the nearest first'
})

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
  const search = statement('products/search', Type.Object({ total: Type.Integer(), is_near: Type.Boolean(), ...ProductRow.properties }))
  const count = statement('products/count', Total)
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
     * A page of the products that fit every filter, by id, with the exact number of all that fit. Where no name contains every word of `q`:
     * the nearest names, the nearest first, and no cursor. Rejects with INVALID_CURSOR.
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
        const found = await fastify.database.searches.run(async () => await search.all(...where, ...page, ...prices, q, inStock))
        const { total, is_near: isNear } = found[0]!
        return pageOf(found.filter((product) => product.product_id !== null), total, filter.limit, isNear)
      }
      const [found, counted] = await Promise.all([list.all(...where, ...page, inStock), count.first(...where, inStock)])
      return pageOf(found, counted!.total, filter.limit)
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

function pageOf (found: Static<typeof ProductRow>[], total: number, limit: number, isNear = false) {
  const products = found.slice(0, limit)
  const last = products.at(-1)
  return { products, total, next_cursor: found.length > limit && last && !isNear ? encodeCursor(last.product_id) : null }
}

const encodeCursor = (productId: number) => Buffer.from(`p${productId}`).toString('base64url')

function decodeCursor (cursor: string | undefined): number | null {
  if (cursor === undefined) return null
  const [, id] = /^p(\d{1,10})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (id === undefined) throw problem('INVALID_CURSOR')
  return Number(id)
}
