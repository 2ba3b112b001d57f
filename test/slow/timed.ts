import type { Shop } from '../helper.ts'

export interface Timed { status: number, code?: string, ms: number, retryAfter: string | undefined }

/** Sends a request, and takes the time until it is answered. */
export async function time ({ call }: Shop, method: 'GET' | 'POST', path: string, body?: object): Promise<Timed> {
  const began = performance.now()
  const { status, json, headers } = await call(method, path, body)
  return { status, code: json?.code, ms: performance.now() - began, retryAfter: headers['retry-after'] }
}
