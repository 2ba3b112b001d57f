import type { FastifyReply } from 'fastify'

/**
 * Members of an object: an object's, those of an object that is JSON text already, or one whose value is (several
 * texts: a list of them).
 */
type Members = object | string | readonly [name: string, json: string | string[]]

/**
 * One JSON object of all these members, in their order. What the database or a serializer wrote as JSON is joined as
 * the text it is: reading and writing a page of orders again costs more than all the rest of a request. No name may
 * come twice.
 */
export function joinJson (...parts: Members[]): string {
  let members = ''
  for (const part of parts) {
    const text = textOf(part)
    members += members === '' || text === '' ? text : `,${text}`
  }
  return `{${members}}`
}

function textOf (part: Members): string {
  if (typeof part === 'string') return part.slice(1, -1)
  if (!Array.isArray(part)) return JSON.stringify(part).slice(1, -1)
  const [name, json] = part as [string, string | string[]]
  return `${JSON.stringify(name)}:${typeof json === 'string' ? json : `[${json.join(',')}]`}`
}

/**
 * Sends JSON text. Declared to return what any handler returns, since the text stands for the route's response schema.
 */
export function sendJson (reply: FastifyReply, json: string): never {
  return reply.type('application/json; charset=utf-8').send(json) as never
}
