import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { FastifyInstance } from 'fastify'
import { documentOf } from './document.ts'

interface Operation { responses: Record<string, { headers?: object, content?: Record<string, { schema?: object }> }> }

/** Headers that a caller may look for, and so finds in the document wherever they are sent. */
const ANNOUNCED = [
  'ETag', 'Location', 'Idempotency-Replayed', 'Retry-After', 'WWW-Authenticate', 'Content-Disposition',
  'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'
]

/**
 * The document is the same whatever the settings (test/plugins/openapi.test.ts), and reading it takes half a second:
 * once a process.
 */
let check: ReturnType<typeof makeCheck> | undefined

interface Checked { status: number, json: unknown, headers: Record<string, string>, text: string }

/**
 * Throws unless the answer is one that the OpenAPI document announces for its route: status, content type and shape.
 */
export function checkAnswer (fastify: FastifyInstance, method: string, path: string, answer: Checked): void {
  check ??= makeCheck(fastify)
  check(method.toLowerCase(), path.split('?', 1)[0]!.replace(/(.)\/$/, '$1'), answer)
}

function makeCheck (fastify: FastifyInstance) {
  const document = documentOf<{ paths: Record<string, Record<string, Operation>> }>(fastify)
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false })
  ajv.addSchema(document, 'document')
  const compiled = new Map<string, ValidateFunction>()
  const templates = Object.keys(document.paths)
    // A fixed part is more specific than a parameter: /users/login before /users/{user_id}.
    .sort((a, b) => a.split('{').length - b.split('{').length)
    .map(
      (template) => ({
        template, pattern: new RegExp(`^${template.replace(/(.)\/$/, '$1').replace(/\{\w+\}/g, '[^/]+')}$`)
      })
    )

  return (method: string, path: string, answer: Checked) => {
    const template =
      templates.find(({ pattern, template }) => pattern.test(path) && document.paths[template]![method])?.template
    if (template === undefined) return
    const where = `${method} ${template} ${answer.status}`
    const { responses } = document.paths[template]![method]!
    const announced = responses[answer.status]
    if (!announced) {
      throw new Error(`${where}: this status is not in the OpenAPI document: ${answer.text.slice(0, 300)}`)
    }
    for (const name of ANNOUNCED.filter((name) => name.toLowerCase() in answer.headers)) {
      // A refusal can have these where the operation's successes do, which the document says once at its head.
      const isOfRefusal = name.startsWith('RateLimit') && answer.status >= 400
      const besides = isOfRefusal ? Object.keys(responses).filter((status) => status < '300') : []
      if (![String(answer.status), ...besides].some((status) => name in (responses[status]!.headers ?? {}))) {
        throw new Error(`${where}: the header ${name} is not in the OpenAPI document`)
      }
    }
    const type = answer.headers['content-type']?.split(';', 1)[0]
    if (type === undefined) return
    if (!announced.content?.[type]) throw new Error(`${where}: ${type} is not in the OpenAPI document`)
    if (!/[/+]json$/.test(type)) return
    const pointer = ['paths', template, method, 'responses', String(answer.status), 'content', type, 'schema']
      .map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).map(encodeURIComponent).join('/')
    const key = `${where} ${type}`
    if (!compiled.has(key)) compiled.set(key, ajv.compile({ $ref: `document#/${pointer}` }))
    const validate = compiled.get(key)!
    if (!validate(answer.json)) {
      throw new Error(
        `${where}: not what the OpenAPI document says: ${ajv.errorsText(validate.errors)}: ${answer.text.slice(0, 500)}`
      )
    }
  }
}
