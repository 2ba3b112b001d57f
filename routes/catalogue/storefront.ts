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
})
const ProductPage = Type.Object({
  products: Type.Array(ref(StorefrontProduct)),
  pagination: Type.Object({ page: Type.Integer(), limit: Type.Integer(), total: Type.Integer(), pages: Type.Integer() })
})
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
      summary: 'A page of the catalogue, by product id',
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
      response: responses({ 200: ProductPage })
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
      summary: 'One product',
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
