import { Type } from '@sinclair/typebox'
import { ImageUrl, kept, nullable, object, optional, ProductId, Text } from '../../schemas.ts'

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
export const Offer = Type.Object({
  product_id: Type.Integer(), sku: nullable(Type.String()), stock: nullable(Type.Integer())
})

export const Department = object('Department', {
  department_id: Type.Integer(),
  department_name: Type.String(),
  product_count: Type.Integer(),
  description: nullable(Type.String()),
  image_url: nullable(Type.String())
})
export const Aisle = object('Aisle', {
  aisle_id: Type.Integer(), aisle_name: Type.String(), product_count: Type.Integer()
})

export const SearchText = Text(255, {
  description:
    'finds names that contain every word of it, in any order, without regard to case and accents; where none does, ' +
      'up to 400 of ' +
    'the nearest, the nearest first'
})

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
})
export const ManagedProductRow = Type.Object({ version: Type.Integer(), ...ManagedProduct.properties })

export const NewProduct = Type.Object({
  name: Name,
  price_cents: Cents,
  department_id: optional(ProductId),
  aisle_id: optional(ProductId),
  description: optional(Text(10_000)),
  image_url: optional(ImageUrl),
  sku: optional(Text(64, { minLength: 1 })),
  stock: optional({ ...Stock, ...untracked })
}, { examples: [{ name: 'Rye Bread', price_cents: 349, description: 'Baked this morning', stock: 40 }] })

export const ProductChanges = Type.Object({
  name: kept(Name),
  price_cents: kept(Cents),
  stock: optional({ ...Stock, description: 'null: not tracked any more' })
}, { minProperties: 1, examples: [{ price_cents: 379, stock: 25 }] })
