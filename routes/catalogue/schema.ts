import { Type, type Static } from '@sinclair/typebox'
import { ImageUrl, kept, nullable, object, oneOf, optional, PageInfo, ProductId, ref, Text } from '../../schemas.ts'

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
/** An entry of a list; with `fields`, of what was asked for. */
const ListedProduct = object('ListedProduct', Type.Partial(Product).properties, {
  description: 'with `fields` exactly those, else all of them', examples: Product.examples
})
export const ProductPage = object('ProductPage', {
  products: Type.Array(ref(ListedProduct)), ...PageInfo, next_cursor: nullable(Type.String())
}, {
  examples: [
    { products: Product.examples, total: 200, limit: 1, offset: 0, has_next: true, has_prev: false, next_cursor: 'cDE' }
  ]
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
export const Aisle = object('Aisle', {
  aisle_id: Type.Integer(), aisle_name: Type.String(), product_count: Type.Integer()
})
export const AisleList = object('AisleList', { aisles: Type.Array(ref(Aisle)) }, {
  examples: [{ aisles: [{ aisle_id: 1, aisle_name: 'Fresh Fruit', product_count: 7 }] }]
})

/** What `fields` may name. */
export const FIELDS = Object.keys(Product.properties) as (keyof Static<typeof Product>)[]

/** What the routes of the catalogue refer to by name. */
export const catalogueSchemas = [Product, ListedProduct, ProductPage, Department, DepartmentList, Aisle, AisleList]

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
}, { examples: [{ id: 1, name: 'Alder Farm Russet Apples, 1 kg', price_cents: 349, stock: 100 }] })
export const ManagedProductPage = object('ManagedProductPage', {
  items: Type.Array(ref(ManagedProduct)),
  total: Type.Integer({ description: 'exact number of all products that match' }),
  limit: Type.Integer(),
  offset: Type.Integer()
}, { examples: [{ items: ManagedProduct.examples, total: 200, limit: 1, offset: 0 }] })
export const ManagedProductRow = Type.Object({ version: Type.Integer(), ...ManagedProduct.properties })

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

/** Changes of one product among many. */
export const ProductChange = object('ManagedProductChange', { id: ProductId, ...ProductChanges.properties }, {
  minProperties: 2
})
export const ProductChangeList = Type.Array(ref(ProductChange), {
  $id: 'ManagedProductChangeList',
  minItems: 1,
  maxItems: 1000,
  examples: [[{ id: 1, price_cents: 379 }, { id: 2, stock: 25 }]]
})
const ProductChangeResult = object('ManagedProductChangeResult', {
  id: ProductId,
  status: oneOf(['changed', 'refused'] as const),
  error: Type.Optional(Type.Object({ code: Type.String(), detail: Type.String() }, {
    description: 'why it was refused'
  }))
})
export const ProductChangeResults = object('ManagedProductChangeResults', {
  results: Type.Array(ref(ProductChangeResult), { description: 'in the order of the request' })
}, {
  examples: [{
    results: [
      { id: 1, status: 'changed' },
      { id: 999999, status: 'refused', error: { code: 'PRODUCT_NOT_FOUND', detail: 'Product not found' } }
    ]
  }]
})

/** What became of an import: new rows, those in place of others with their keys, and those that do not fit. */
export const ImportReport = object('ImportReport', {
  loaded: Type.Integer(),
  replaced: Type.Integer(),
  rejected: Type.Integer(),
  dry_run: Type.Boolean(),
  unread_columns: Type.Array(Type.String()),
  rejects: Type.Array(Type.Object({ line: Type.Integer(), reason: Type.String() }), { maxItems: 100 })
}, {
  examples: [{
    loaded: 0,
    replaced: 4,
    rejected: 1,
    dry_run: false,
    unread_columns: [],
    rejects: [{ line: 3, reason: 'stock is missing' }]
  }]
})

/** What the routes for many products refer to by name. */
export const bulkSchemas = [ProductChange, ProductChangeList, ProductChangeResult, ProductChangeResults]
