import type { FastifyInstance } from 'fastify'

const documents = new WeakMap<FastifyInstance, unknown>()

/**
 * The OpenAPI document of an application with everything that it refers to in its place, so that a test reads an
 * operation by itself. Nothing in it refers to itself.
 */
export function documentOf<Document> (fastify: FastifyInstance): Document {
  if (!documents.has(fastify)) documents.set(fastify, resolved(fastify.swagger() as unknown as Node))
  return documents.get(fastify) as Document
}

interface Node { [name: string]: unknown }

function resolved (document: Node): unknown {
  const known = new Map<string, unknown>()

  function resolve (node: unknown): unknown {
    if (Array.isArray(node)) return node.map(resolve)
    if (typeof node !== 'object' || node === null) return node
    const { $ref: reference } = node as { $ref?: unknown }
    if (typeof reference !== 'string') {
      return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, resolve(value)]))
    }
    if (!known.has(reference)) known.set(reference, resolve(find(document, reference)))
    return known.get(reference)
  }

  const { paths, security, ...rest } = document as { paths: Record<string, Record<string, Node>>, security: object[] }
  const whole = Object.entries(paths).map(([path, { parameters: common, ...operations }]) => {
    // Who may call stands once, where it is the same for most, and so do the parameters of a path.
    const secured = Object.entries(operations).map(([method, operation]) => {
      const parameters = [common, operation.parameters].flatMap((list) => list ?? [])
      return [method, { security, ...operation, ...parameters.length > 0 && { parameters } }]
    })
    return [path, resolve(Object.fromEntries(secured))]
  })
  return { ...resolve(rest) as Node, security, paths: Object.fromEntries(whole) }
}

/** What a JSON pointer of the document points to. */
export function find (document: unknown, pointer: string): unknown {
  return pointer.replace(/^#\//, '').split('/').reduce((node: any, part) =>
    node?.[decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')], document)
}
