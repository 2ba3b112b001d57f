import { request } from 'node:http'
import { text } from 'node:stream/consumers'

/** All that a backend written for the older service reads of an answer. */
export interface Envelope { success: boolean, data: any[], error: string | null, message?: string, total?: number }

/**
 * The database client of such a backend: it knows a base URL and nothing else, so that a key stands in it; follows
 * redirects, sends JSON also with DELETE, and reads `success`, `data` and `error`, never the status code.
 */
export class OlderClient {
  readonly #url: URL
  /**
   * Where a request ended up elsewhere than it was sent: a redirect costs a round trip, and some clients drop the body
   * on the way.
   */
  readonly redirects: string[] = []

  /** @param baseUrl with the key as user name: http://key@127.0.0.1:7000/legacy */
  constructor (baseUrl: string) {
    this.#url = new URL(baseUrl)
  }

  async send (method: string, path: string, body?: unknown): Promise<Envelope> {
    const payload = body === undefined ? '' : JSON.stringify(body)
    const { hostname, port, pathname, username } = this.#url
    return await new Promise((resolve, reject) => {
      request({
        method,
        hostname,
        port,
        path: pathname + path,
        // What HTTP libraries make of a user name in a URL.
        auth: `${username}:`,
        headers: {
          accept: 'application/json',
          'user-agent': 'older-backend/1.0',
          ...payload !== '' && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }
        }
      }, (response) => {
        if (response.statusCode! >= 300 && response.statusCode! < 400) this.redirects.push(`${method} ${path}`)
        text(response).then((answer) => resolve(JSON.parse(answer)), reject)
      }).on('error', reject).end(payload)
    })
  }
}
