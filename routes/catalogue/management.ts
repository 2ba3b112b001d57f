import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { FastifyReply } from 'fastify'
import { ManagedProduct, ManagedProductPage, NewProduct, ProductChanges, SearchText } from './schema.ts'
import { IfMatch, Paging, ProductId, ref } from '../../schemas.ts'
import { setETag } from '../faces/etags.ts'
import { exported, ExportForm, sendExport } from '../faces/exports.ts'
import { ADMIN, BODY, created, responses, tagged } from '../faces/responses.ts'

const tags = ['Management: products']
const params = Type.Object({ product_id: ProductId })
const COLUMNS = Object.keys(ManagedProduct.properties)

interface Tagged { id: number, version: number, stock: number | null, price_cents: number | null }

/**
 * The tag holds stock and price too: others change them, and so what the caller sees, without the product's own
 * version.
 */
function tag (reply: FastifyReply, { id, version, stock, price_cents: price }: Tagged): void {
  setETag(reply, `${id}-${version}-${stock ?? -1}`, price ?? -1)
}

const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { catalogue } = fastify

  fastify.get('/products', {
    config: { isCatalogue: true },
    schema: {
      operationId: 'listManagedProducts',
      summary: 'A page of products, by id',
      description: 'With the price in cents and the stock.',
      tags,
      querystring: Type.Object({ q: Type.Optional(SearchText), ...Paging(20) }),
      response: responses({ 200: ref(ManagedProductPage) }, ...ADMIN)
    }
  }, async (request) => {
    const { limit, offset } = request.query
    return { ...await catalogue.listManaged(request.query), limit, offset }
  })

  fastify.get('/products/export', {
    config: { isExport: true },
    exposeHeadRoute: false,
    schema: {
      operationId: 'exportManagedProducts',
      summary: 'Every product that matches, by id, as CSV or NDJSON',
      description:
        'Sent as it is read, in constant memory. In CSV, text that a spreadsheet would run as a formula begins with ' +
          'an apostrophe.',
      tags,
      querystring: Type.Object({ q: Type.Optional(SearchText), ...ExportForm }),
      response: responses({
        200: exported(`${COLUMNS.join(',')}\r\n1,"Alder Farm Russet Apples, 1 kg",349,100\r\n`,
          ManagedProduct.examples[0])
      }, ...ADMIN)
    }
  }, async (request, reply) => await sendExport(reply, fastify.database.exports, request.query, 'products', COLUMNS,
    catalogue.exportProducts(request.query.q)))

  fastify.post('/products', {
    schema: {
      operationId: 'createManagedProduct',
      summary: 'Create a product',
      description: 'Without a stock it is not tracked: always to be had.',
      tags,
      body: ref(NewProduct),
      response: responses({ 201: created(tagged(ref(ManagedProduct))) }, 'DEPARTMENT_NOT_FOUND', 'AISLE_NOT_FOUND',
        'SKU_ALREADY_EXISTS', ...BODY, ...ADMIN)
    }
  }, async (request, reply) => {
    const product = await catalogue.create(request.body, request.context())
    tag(reply, product)
    return reply.code(201).header('location', `/api/v1/products/${product.id}`).send(product)
  })

  fastify.get('/products/:product_id', {
    config: { isCatalogue: true, etag: 'own' },
    schema: {
      operationId: 'getManagedProduct',
      summary: 'One product',
      description: 'With the price in cents and the stock.',
      tags,
      params,
      response: responses({ 200: ref(ManagedProduct) }, 'PRODUCT_NOT_FOUND', ...ADMIN)
    }
  }, async (request, reply) => {
    const product = await catalogue.findManaged(request.params.product_id)
    tag(reply, product)
    return product
  })

  fastify.patch('/products/:product_id', {
    schema: {
      operationId: 'updateManagedProduct',
      summary: 'Change name, price or stock: only what is sent',
      description: 'A new price shows in carts at once, and never in orders. A stock of null ends the tracking.',
      tags,
      params,
      body: ref(ProductChanges),
      headers: Type.Object(IfMatch),
      response: responses({ 200: tagged(ref(ManagedProduct)) }, 'PRODUCT_NOT_FOUND', 'PRECONDITION_FAILED', ...BODY,
        ...ADMIN)
    }
  }, async (request, reply) => {
    const product = await catalogue.change(request.params.product_id, request.body, request.ifMatch(),
      request.context())
    tag(reply, product)
    return product
  })
}

export default routes
