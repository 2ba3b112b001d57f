import { hash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import { sendJson } from './json.ts'

/**
 * Sets the strong ETag of a resource that shows nothing but its own row: its id and version (gateway.check_version
 * compares the same).
 */
export function setETag (reply: FastifyReply, id: string | number, version: number | bigint): void {
  reply.header('etag', `"${id}-${version}"`)
}

/**
 * Sets the strong ETag of a resource that shows more than its own row, of every byte shown (gateway.tag_of in the
 * database is the same).
 */
export function tagDocument (reply: FastifyReply, document: string): void {
  reply.header('etag', `"${hash('sha256', document, 'hex').slice(0, 32)}"`)
}

/** Sends a resource that the database wrote as JSON, with that ETag. */
export function sendDocument (reply: FastifyReply, document: string): never {
  tagDocument(reply, document)
  return sendJson(reply, document)
}
