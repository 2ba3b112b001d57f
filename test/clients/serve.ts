import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { openShop, type Shop } from '../helper.ts'

/** The shop on a port of its own, as clients see it. */
export async function serve (t: Test, settings = {}): Promise<Shop & { url: string }> {
  const shop = await openShop(t, settings)
  if (!shop.app.server.listening) await shop.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = shop.app.server.address() as AddressInfo
  return { ...shop, url: `http://127.0.0.1:${port}` }
}

/** A client's fetch for JSON: the body of the answer, or an error that tells what went wrong. */
export async function request (
  url: string, method = 'GET', headers: Record<string, string> = {}, body?: unknown
): Promise<any> {
  const response = await fetch(url, {
    method,
    headers: { ...headers, ...body !== undefined && { 'content-type': 'application/json' } },
    ...body !== undefined && { body: JSON.stringify(body) }
  })
  const answer = await response.json() as { detail?: string }
  if (!response.ok) throw new Error(`${response.status} ${answer.detail}`)
  return answer
}
