import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type, type Static } from '@sinclair/typebox'
import { SearchText, type Offer, type Product } from './schema.ts'
import { nullable, object, ProductId, ref } from '../../schemas.ts'
import { responses } from '../faces/responses.ts'
import { Page, PageLimit, pagesOf } from '../faces/storefront-paging.ts'

export const StorefrontProduct = object('StorefrontProduct', {
  _id: Type.String({ description: 'the product id' }),
  id: Type.String({ description: 'the same' }),
  name: Type.String(),
  description: nullable(Type.String()),
  price: nullable(Type.Number({ description: 'null: the catalogue has none' })),
  sku: nullable(Type.String()),
  category: nullable(Type.String({ description: 'the department’s name' })),
  images: Type.Array(Type.String()),
  stock: nullable(Type.Integer({ description: 'null: not tracked, always to be had' }))
}, {
  examples: [{
    _id: '1',
    id: '1',
    name: 'Alder Farm Russet Apples, 1 kg',
    description: 'Nutty, sharp-sweet apples with a rough golden skin.',
    price: 3.49,
    sku: 'APPLE-RUSSET-1KG',
    category: 'Greengrocer',
    images: ['https://example.com/apples.png'],
    stock: 100
  }]
})
export const StorefrontProductPage = object('StorefrontProductPage', {
  products: Type.Array(ref(StorefrontProduct)),
  pagination: Type.Object({ page: Type.Integer(), limit: Type.Integer(), total: Type.Integer(), pages: Type.Integer() })
}, { examples: [{ products: StorefrontProduct.examples, pagination: { page: 1, limit: 1, total: 200, pages: 200 } }] })
const Price = Type.Number({ minimum: 0, maximum: 1e8 })
const tags = ['Storefront: catalogue']

function show (product: Static<typeof Product>, offer?: Static<typeof Offer>): Static<typeof StorefrontProduct> {
  const id = String(product.product_id)
  return {
    _id: id,
    id,
    name: product.product_name,
    description: product.description,
    price: product.price,
    sku: offer?.sku ?? null,
    category: product.department_name,
    images: product.image_url === null ? [] : [product.image_url],
    stock: offer?.stock ?? null
  }
}

/** The catalogue as a shop front shows it, to everybody. */
const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { catalogue } = fastify

  fastify.get('/products', {
    config: { isCatalogue: true },
    schema: {
      operationId: 'listStorefrontProducts',
      summary: 'A page of the catalogue',
      description:
        'Filters combine. In the order of product ids; where `search` matches no name, the nearest names come, the ' +
          'nearest first.',
      tags,
      querystring: Type.Object({
        page: Page,
        limit: PageLimit,
        search: Type.Optional(SearchText),
        category: Type.Optional(Type.String({ maxLength: 255, description: 'a department’s name, in any case' })),
        minPrice: Type.Optional(Price),
        maxPrice: Type.Optional(Price),
        inStock: Type.Optional(Type.Boolean({ description: 'true: only what is not sold out; false: all, as without' }))
      }),
      response: responses({ 200: ref(StorefrontProductPage) })
    }
  }, async (request) => {
    const { page, limit, search, category, minPrice, maxPrice, inStock } = request.query
    const found = await catalogue.list({
      q: search,
      categories: category ? [category] : undefined,
      min_price: minPrice,
      max_price: maxPrice,
      in_stock: inStock,
      limit,
      offset: (page - 1) * limit
    })
    const offers = await catalogue.findOffers(found.products.map((product) => product.product_id))
    return {
      products: found.products.map((product) => show(product, offers.get(product.product_id))),
      pagination: { page, limit, total: found.total, pages: pagesOf(found.total, limit) }
    }
  })

  fastify.get('/products/:product_id', {
    config: { isCatalogue: true, etag: 'body' },
    schema: {
      operationId: 'getStorefrontProduct',
      summary: 'One product',
      description: 'As a shop front shows it, with SKU and stock.',
      tags,
      params: Type.Object({ product_id: ProductId }),
      response: responses({ 200: ref(StorefrontProduct) }, 'PRODUCT_NOT_FOUND')
    }
  }, async (request) => {
    const { product_id: id } = request.params
    const [product, offers] = await Promise.all([catalogue.find(id), catalogue.findOffers([id])])
    return show(product, offers.get(id))
  })
}

export default routes
