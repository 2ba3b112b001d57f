import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { MAX_BYTES, MAX_PARAMETERS, MAX_ROWS, MAX_TEXT } from './index.ts'
import { limits } from '../../plugins/limits.ts'
import { object, optional, ref } from '../../schemas.ts'
import { sendJson } from '../faces/json.ts'
import { BODY, KEY, responses } from '../faces/responses.ts'

export const Query = object('CatalogueQuery', {
  sql: Type.String({ minLength: 1, maxLength: MAX_TEXT, description: 'one SELECT, with $1, $2 … for its parameters' }),
  params: optional(Type.Array(Type.Unknown(), {
    maxItems: MAX_PARAMETERS,
    description: 'text (also for dates and large numbers), numbers, booleans, null, lists; objects for json'
  }))
}, {
  examples: [
    {
      sql:
        'select p.product_id, p.product_name, e.price from products.products p join products.product_enriched e ' +
          'using (product_id) ' +
        'where e.price < $1 and p.product_name ilike $2 order by e.price limit 10',
      params: [8, '%apple%']
    },
    {
      sql:
        'select d.department_name, count(*) as products, round(avg(e.price), 2) as average_price from departments d ' +
        'join products p using (department_id) left join product_enriched e using (product_id) group by 1 order by 2 ' +
          'desc'
    }
  ]
})

export const Rows = object('CatalogueRows', {
  success: Type.Boolean(),
  data: Type.Array(Type.Object({}, { additionalProperties: true, description: 'a row, by column name' })),
  row_count: Type.Integer(),
  truncated: Type.Boolean({ description: 'there are more rows than one response holds' })
}, {
  examples: [
    {
      success: true,
      data: [{ product_name: 'Alder Farm Russet Apples, 1 kg', price: 3.49 }],
      row_count: 1,
      truncated: false
    }
  ]
})

const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.post('/query', {
    config: { rateLimit: limits.query },
    schema: {
      operationId: 'queryCatalogue',
      summary: 'Run a SELECT of your own on the catalogue',
      description:
        'As a database login that may read the schema products and nothing else (tables departments, aisles, ' +
        'products, ' +
        `product_enriched, inventory). One statement, at most 5 s, ${MAX_ROWS} rows and ${MAX_BYTES / 1e6} MB. ` +
          'Numbers come as JSON numbers, ' +
        'integers past 2^53 and NaN as text; of two columns of one name the last counts.',
      tags: ['Catalogue'],
      body: ref(Query),
      response: responses({ 200: ref(Rows) }, 'QUERY_FAULTY', 'QUERY_FORBIDDEN', 'QUERY_TIMEOUT', 'QUERY_NOT_SET_UP',
        ...BODY, ...KEY)
    }
  }, async (request, reply) => {
    const { sql, params } = request.body
    const face = request.routeOptions.config.legacy ? 'legacy' : 'service'
    return sendJson(reply, await fastify.queries.run(face, sql, params ?? [], request.context(), request.log))
  })
}

export default routes
