import type { Test } from 'tap'
import { OlderClient } from './older-client.ts'
import { serve } from './serve.ts'

/** A shop, and the client of a backend written for the older service, with its key. */
export async function openOlder (t: Test): Promise<OlderClient> {
  const { url } = await serve(t, { API_KEYS: 'key' })
  return new OlderClient(`${url.replace('://', '://key@')}/legacy`)
}
