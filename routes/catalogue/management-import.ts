import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { problem } from '../../common/problems.ts'
import { isUtf8Charset } from '../../plugins/validation.ts'
import { oneOf, ref } from '../../schemas.ts'
import { ADMIN, responses } from '../faces/responses.ts'
import { IMPORT_LIMIT, IMPORT_SECONDS, IMPORTED } from './imports.ts'
import { ImportReport } from './schema.ts'

/** Of an inventory. */
const EXAMPLE = 'product_id,stock\n1,100\n2,0\n'

/** Rows of the catalogue as CSV, read as they come. */
const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  // In this plugin only. Nothing is parsed: the handler reads the bytes. Not as the request's `body`, which others look
  // into.
  fastify.removeContentTypeParser('application/json')
  fastify.addContentTypeParser('text/csv', ({ headers }, _body, done) => {
    const isKnown = isUtf8Charset(headers['content-type']) && isPacked(headers) !== undefined
    done(isKnown ? null : problem('UNSUPPORTED_MEDIA_TYPE'))
  })

  fastify.post('/import/:kind', {
    bodyLimit: IMPORT_LIMIT,
    config: { isUpload: true, waitSeconds: IMPORT_SECONDS, bodyExample: EXAMPLE },
    schema: {
      operationId: 'importCatalogue',
      summary: 'Import products, prices or stocks as CSV',
      description: 'As `npm run seed` does: every valid row, or nothing.',
      tags: ['Management: products'],
      params: Type.Object({ kind: oneOf(Object.keys(IMPORTED) as (keyof typeof IMPORTED)[]) }),
      querystring: Type.Object({
        dry_run: Type.Optional(Type.Boolean()),
        strict: Type.Optional(Type.Boolean({ description: 'a reject is a 400 for all' }))
      }),
      consumes: ['text/csv'],
      response: responses({ 200: ref(ImportReport) }, 'IMPORT_RUNNING', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE',
        ...ADMIN)
    }
  }, async (request) => {
    const { raw, from, headers, params: { kind }, query: { strict = false, dry_run: isTried = false } } = request
    if (Number(headers['content-length'] ?? 0) > IMPORT_LIMIT) throw problem('BODY_TOO_LARGE')
    // With `Prefer: tx=rollback` the response is the one that there would be.
    const dryRun = isTried || from.dryRun !== undefined
    const { unreadColumns, loaded, replaced, rejected, rejects } = await fastify.catalogue.importRows(kind, raw,
      { isPacked: isPacked(headers) === true, dryRun, isStrict: strict }, request.context(), from)
    request.log.info({ kind, loaded, replaced, rejected, dry_run: dryRun }, 'import')
    return { loaded, replaced, rejected, dry_run: isTried, unread_columns: unreadColumns, rejects }
  })
}

export default routes

/** Whether it is compressed; undefined where in a way that is not known here. */
function isPacked ({ 'content-encoding': coding = 'identity' }: IncomingHttpHeaders): boolean | undefined {
  if (/^(?:x-)?gzip$/i.test(coding)) return true
  return coding.toLowerCase() === 'identity' ? false : undefined
}
