import { connect } from 'node:net'

/** A request as it goes over the wire: `path` and header values are bytes, one character each (latin1). */
export interface FuzzRequest {
  /** The route it is meant for, as in the OpenAPI document. */
  operation: string
  face: string
  method: string
  path: string
  headers: [string, string][]
  body: Buffer | null
  isChunked: boolean
}

/** `isCut`: the connection was reset before the end, since the request's body was never read to its own. */
export interface FuzzAnswer {
  status: number,
  headers: Record<string, string>,
  text: string,
  isCut: boolean,
  faults: string[]
}

const TIMEOUT = 30_000

/** What fits into the buffers of a socket, so that nothing unread is left when it is closed. */
const MAX_UNREAD = 16_384

/**
 * Sends a request over a connection of its own and reads the answer byte by byte: a client library would hide what is
 * wrong with it.
 */
export async function send (port: number, request: FuzzRequest): Promise<FuzzAnswer> {
  let isCut = false
  const bytes = await new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.setTimeout(TIMEOUT, () => socket.destroy(new Error('no answer in time')))
    socket.on('data', (chunk) => chunks.push(chunk))
    // A body that was not read resets the connection; the answer may have come before, or its beginning.
    socket.on('error', (error) => {
      isCut = true
      if (chunks.length > 0) resolve(Buffer.concat(chunks))
      else reject(error)
    })
    socket.on('end', () => resolve(Buffer.concat(chunks)))
    socket.on('close', () => resolve(Buffer.concat(chunks)))
    socket.write(message(request))
  })
  return parse(bytes, request.method, isCut && (request.body?.length ?? 0) > MAX_UNREAD)
}

function message ({ method, path, headers, body, isChunked }: FuzzRequest): Buffer {
  const length = body === null
    ? []
    : isChunked ? [['Transfer-Encoding', 'chunked']] : [['Content-Length', String(body.length)]]
  const lines = [['Host', 'localhost'], ['Connection', 'close'], ...headers, ...length].map(
    ([name, value]) => `${name}: ${value}\r\n`
  )
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1')
  if (body === null) return head
  if (!isChunked) return Buffer.concat([head, body])
  const last = Buffer.from('0\r\n\r\n')
  return Buffer.concat(
    body.length === 0
      ? [head, last]
      : [head, Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n'), last]
  )
}

/** What a header may look like: a name of this gateway's, and printable ASCII. */
const HEADER = /^([A-Za-z-]+): ([\x20-\x7e]*)$/

function parse (bytes: Buffer, method: string, isCut: boolean): FuzzAnswer {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) throw new Error(`no HTTP answer: ${JSON.stringify(bytes.toString('latin1', 0, 200))}`)
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const faults: string[] = []
  const headers: Record<string, string> = {}
  const status = Number(/^HTTP\/1\.1 (\d{3}) [A-Za-z' -]+$/.exec(first)?.[1])
  if (!status) faults.push(`status line ${JSON.stringify(first)}`)
  for (const line of lines) {
    const [, name, value] = HEADER.exec(line) ?? []
    const key = name?.toLowerCase()
    if (key === undefined || !HEADERS.has(key)) faults.push(`header ${JSON.stringify(line)}`)
    else if (key in headers) faults.push(`header ${key} twice`)
    else headers[key] = value!
  }
  const isChunked = headers['transfer-encoding'] === 'chunked'
  const body = bytes.subarray(end + 4)
  // Of a message that is no HTTP nobody knows that it was a HEAD; the connection ends with the answer.
  const isBare = (method === 'HEAD' && !([400, 431].includes(status) && body.length > 0)) || status === 204 ||
    status === 304
  const wanted = isBare ? 0 : Number(headers['content-length'])
  if (!isChunked && !isCut && body.length !== wanted) faults.push(`${body.length} bytes of body instead of ${wanted}`)
  return { status, headers, text: (isChunked ? dechunk(body) : body).toString(), isCut, faults }
}

function dechunk (body: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < body.length;) {
    const end = body.indexOf('\r\n', at)
    const size = parseInt(body.toString('latin1', at, end), 16)
    parts.push(body.subarray(end + 2, end + 2 + size))
    at = end + 4 + size
  }
  return Buffer.concat(parts)
}

const HEADERS = new Set(`
  accept-ranges access-control-allow-origin access-control-expose-headers allow cache-control connection
  content-disposition content-length content-security-policy content-type cross-origin-opener-policy
  consistency-token cross-origin-resource-policy date etag idempotency-replayed last-modified location
  origin-agent-cluster preference-applied
  ratelimit-limit ratelimit-remaining ratelimit-reset referrer-policy retry-after strict-transport-security
  transfer-encoding vary www-authenticate x-content-type-options x-dns-prefetch-control x-download-options
  x-frame-options x-permitted-cross-domain-policies
  x-request-id x-xss-protection`.trim().split(/\s+/))

const HOW_LONG = 3000

/** The request as a command for bash; what is very long is cut. */
export function curl (port: number, { method, path, headers, body, isChunked }: FuzzRequest): string {
  const options = headers.map(
    ([name, value]) => `-H ${quote(Buffer.from(`${name}${value === '' ? ';' : `: ${value}`}`, 'latin1'))}`
  )
  if (isChunked) options.push("-H 'Transfer-Encoding: chunked'")
  if (body && !headers.some(([name]) => /^content-type$/i.test(name))) options.push("-H 'Content-Type:'")
  const data = body === null ? [] : [`--data-binary @<(printf '%b' ${quote(Buffer.from(escape(body)))})`]
  return [
    'curl -i --globoff --path-as-is', `-X ${method}`, quote(Buffer.from(`http://127.0.0.1:${port}${path}`, 'latin1')),
    ...options, ...data
  ].join(' ')
}

/** As bash writes any bytes but NUL. */
function quote (bytes: Buffer): string {
  if (/^[\x20-\x26\x28-\x7e]*$/.test(bytes.toString('latin1'))) return `'${cut(bytes.toString('latin1'))}'`
  return `$'${cut(escape(bytes).replaceAll("'", "\\'"))}'`
}

const escape = (bytes: Buffer) => bytes.toString('latin1').replaceAll('\\', '\\\\')
  .replace(/[^\x20-\x7e]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)

const cut = (text: string) => text.length > HOW_LONG ? `${text.slice(0, HOW_LONG)}… (${text.length} in all)` : text
