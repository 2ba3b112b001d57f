import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { Type, type Static } from '@sinclair/typebox'
import { ImageUrl, kept, nullable, object, optional, pickSome, ProductId, ref, Text } from '../../schemas.ts'
import { problem } from '../../plugins/errors.ts'

const Name = Text(255, { minLength: 1, pattern: '\\S', examples: ['Rye Bread'] })
/** What numeric(10, 2) holds. */
const Cents = Type.Integer({ minimum: 0, maximum: 9_999_999_999, description: 'in integer cents', examples: [349] })
const Stock = Type.Integer({ minimum: 0, maximum: 2_147_483_647, examples: [100] })
const untracked = { description: 'null: not tracked' }

/** A product as the back office sees it. */
export const ManagedProduct = object('ManagedProduct', {
  id: ProductId,
  name: Type.String(),
  price_cents: nullable({ ...Cents, description: 'in integer cents; null: the catalogue has no price' }),
  stock: nullable({ ...Stock, ...untracked })
}, { examples: [{ id: 1, name: 'Alder Farm Russet Apples, 1 kg', price_cents: 349, stock: 100 }] })
export const ManagedProductPage = object('ManagedProductPage', {
  items: Type.Array(ref(ManagedProduct)),
  total: Type.Integer({ description: 'exact number of all products that match' }),
  limit: Type.Integer(),
  offset: Type.Integer()
}, { examples: [{ items: ManagedProduct.examples, total: 200, limit: 1, offset: 0 }] })
const ManagedProductRow = Type.Object({ version: Type.Integer(), ...ManagedProduct.properties })

export const NewProduct = object('NewManagedProduct', {
  name: Name,
  price_cents: Cents,
  department_id: optional(ProductId),
  aisle_id: optional(ProductId),
  description: optional(Text(10_000)),
  image_url: optional(ImageUrl),
  sku: optional(Text(64, { minLength: 1 })),
  stock: optional({ ...Stock, ...untracked })
}, { examples: [{ name: 'Rye Bread', price_cents: 349, description: 'Baked this morning', stock: 40 }] })

export const ProductChanges = object('ManagedProductChanges', {
  name: kept(Name),
  price_cents: kept(Cents),
  stock: optional({ ...Stock, description: 'null: not tracked any more' })
}, { minProperties: 1, examples: [{ price_cents: 379, stock: 25 }] })

declare module 'fastify' {
  interface FastifyInstance { catalogue: ReturnType<typeof catalogueDomain> }
}

/** The catalogue as the back office keeps it: prices in cents, and stock. Always the primary: whoever changes it reads it back. */
function catalogueDomain (fastify: FastifyInstance) {
  const { statement } = fastify.database
  const Total = Type.Object({ total: Type.Integer() })
  const find = statement('products/find-managed', ManagedProductRow)
  const list = statement('products/list-managed', ManagedProductRow)
  const search = statement('products/search-managed', Type.Object({ total: Type.Integer(), ...ManagedProductRow.properties }))
  const count = statement('products/count', Total)
  const create = statement('products/create', ManagedProductRow)
  const change = statement('products/change', ManagedProductRow)

  return {
    /** One product. Rejects with PRODUCT_NOT_FOUND. */
    async find (productId: number): Promise<Static<typeof ManagedProductRow>> {
      const product = await find.first(productId)
      if (!product) throw problem('PRODUCT_NOT_FOUND')
      return product
    },

    /** A page of products by id, with the exact number of all; `q` is looked for in the name (products.list). */
    async list ({ q, limit, offset }: { q?: string, limit: number, offset: number }) {
      if (q?.trim()) {
        const found = await fastify.database.searches.run(async () => await search.all(q, limit, offset))
        return { items: found.filter((product) => product.id !== null), total: found[0]!.total }
      }
      const [items, counted] = await Promise.all([list.all(limit, offset), count.first(null, null, null, null)])
      return { items, total: counted!.total }
    },

    /** Makes a product. Rejects with DEPARTMENT_NOT_FOUND, AISLE_NOT_FOUND, SKU_ALREADY_EXISTS. */
    async create (input: Static<typeof NewProduct>): Promise<Static<typeof ManagedProductRow>> {
      return (await create.first(JSON.stringify(input)))!
    },

    /** Changes name, price or stock; only what was sent. Rejects with PRODUCT_NOT_FOUND, PRECONDITION_FAILED. */
    async change (productId: number, changes: Static<typeof ProductChanges>, ifMatch: string[] | null) {
      return (await change.first(productId, JSON.stringify(pickSome(ProductChanges, changes)), ifMatch))!
    }
  }
}

export default fp(async (fastify) => {
  fastify.decorate('catalogue', catalogueDomain(fastify))
}, { name: 'catalogue', dependencies: ['database'] })
