import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Static } from '@sinclair/typebox'
import { isErrorCode, problem, type ErrorCode } from '../../common/problems.ts'
import { ref } from '../../schemas.ts'
import { ADMIN, BODY, responses } from '../faces/responses.ts'
import { ProductChange, ProductChangeList, ProductChangeResults } from './schema.ts'

type Change = Static<typeof ProductChange>

interface Faults {
  error: { instancePath: string, keyword: string, message?: string, params: Record<string, unknown> }[]
}

const MAX_ROWS = 1000
const one = ref(ProductChange)

/** Many products at once. */
const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.patch('/products', {
    // A row that is not valid is refused by itself, below.
    attachValidation: true,
    schema: {
      operationId: 'updateManagedProducts',
      summary: 'Change many products',
      description: 'Up to 1,000 rows, each on its own: one that is refused, or not valid, keeps no other from being ' +
        'changed. Of two rows with one id the later one is changed last.',
      tags: ['Management: products'],
      body: ref(ProductChangeList),
      response: responses({ 200: ref(ProductChangeResults) }, ...BODY, ...ADMIN)
    }
  }, async (request) => {
    const rows = rowsOf(request)
    const faults = rows.map((row) => faultOf(request, row))
    const valid = rows.filter((_, place) => faults[place] === undefined)
    const refusals = valid.length > 0 ? await fastify.catalogue.changeMany(valid, request.context()) : []
    const results = rows.map(({ id }, place) => {
      const fault = faults[place]
      if (fault !== undefined) return refused(id, 'INVALID_INPUT', fault)
      const code = refusals.shift() ?? null
      return code === null ? { id, status: 'changed' as const } : refused(id, code)
    })
    return { results }
  })
}

export default routes

/** The rows, some of which may not be valid. Rejects a body that is no list of 1 to 1,000 objects with ids. */
function rowsOf ({ body, validationError }: FastifyRequest): Change[] {
  if (!validationError) return body as Change[]
  const isList = Array.isArray(body) && body.length > 0 && body.length <= MAX_ROWS &&
    body.every((row) => Number.isSafeInteger(row?.id))
  if (validationError.validationContext !== 'body' || !isList) throw validationError
  return body as Change[]
}

/** What is not valid about a row; undefined where all is. */
function faultOf (request: FastifyRequest, row: Change): string | undefined {
  if (!request.validationError) return undefined
  // As common/schema-compilers.ts makes them: what is wrong is returned.
  const validate = request.compileValidationSchema(one, 'body') as unknown as (row: Change) => true | Faults
  const found = validate(row)
  if (found === true) return undefined
  const [fault] = found.error
  const field = fault?.instancePath.slice(1) || String(fault?.params.additionalProperty ?? '')
  return `${field} ${fault?.keyword === 'additionalProperties' ? 'is not known here' : fault?.message}`.trim()
}

const refused = (id: number, code: ErrorCode, detail?: string) => {
  const known = isErrorCode(code) ? code : 'CONFLICT'
  return { id, status: 'refused' as const, error: { code: known, detail: detail ?? problem(known).message } }
}
