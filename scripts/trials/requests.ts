/** One request's status, and how long its response took. */
export interface Sent { status: number, ms: number }

/** Sends a request and reads the whole response. */
export async function send (base: string, method: 'GET' | 'POST', path: string, body?: object): Promise<Sent> {
  const began = performance.now()
  const response = await fetch(base + path, {
    method, ...body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  })
  await response.arrayBuffer()
  return { status: response.status, ms: performance.now() - began }
}

/** Of the times: 0.5 is the median, 1 the longest. */
export function percentile (sent: Sent[], part: number): number {
  const times = sent.map(({ ms }) => ms).sort((a, b) => a - b)
  return times[Math.min(times.length - 1, Math.floor(part * times.length))] ?? 0
}

/** Status and error code of a response as it came. */
export function statusOf (text: string): { status: number, code?: string } {
  const status = Number(text.slice(9, 12))
  const code = status >= 400 ? /"code":"(\w+)"/.exec(text)?.[1] : undefined
  return { status, ...code !== undefined && { code } }
}
