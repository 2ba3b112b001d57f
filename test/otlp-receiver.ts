import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

/** A span as it was received; ids in hex, `parent` empty for a root. Of attributes, texts and numbers. */
export interface ReceivedSpan {
  name: string
  traceId: string
  spanId: string
  parent: string
  /** 2: server, 3: client, 4: producer. */
  kind: number
  isError: boolean
  attributes: Record<string, string | number>
}

export interface Receiver {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  endpoint: string
  spans: ReceivedSpan[]
  /** Everything that was received, as it came. */
  bytes (): Buffer
  /** From now on requests are taken and never answered. */
  stall (): void
}

/** Who receives traces by OTLP over HTTP, in protobuf. */
export async function openReceiver (t: Pick<Test, 'teardown'>): Promise<Receiver> {
  const spans: ReceivedSpan[] = []
  const received: Buffer[] = []
  let isStalled = false
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    if (isStalled) return
    if (request.url !== '/v1/traces' || request.headers['content-type'] !== 'application/x-protobuf') {
      return response.writeHead(415).end()
    }
    const body = Buffer.concat(chunks)
    received.push(body)
    spans.push(...spansOf(body))
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    bytes: () => Buffer.concat(received),
    stall: () => { isStalled = true }
  }
}

/** opentelemetry/proto/collector/trace/v1: ExportTraceServiceRequest, down to its spans. */
function spansOf (request: Buffer): ReceivedSpan[] {
  const within = (messages: Buffer[], field: number) =>
    messages.flatMap((message) => fieldsOf(message).filter((each) => each.field === field).map(({ bytes }) => bytes!))
  return within(within(within([request], 1), 2), 2).map((span) => {
    const fields = fieldsOf(span)
    const bytes = (field: number) => fields.find((each) => each.field === field)?.bytes ?? Buffer.alloc(0)
    return {
      traceId: bytes(1).toString('hex'),
      spanId: bytes(2).toString('hex'),
      parent: bytes(4).toString('hex'),
      name: bytes(5).toString(),
      kind: Number(fields.find(({ field }) => field === 6)?.number ?? 0),
      isError: fieldsOf(bytes(15)).some(({ field, number }) => field === 3 && number === 2n),
      attributes: Object.fromEntries(within([span], 9).map((pair) => {
        const [key, value] = fieldsOf(pair)
        const [any] = fieldsOf(value!.bytes!)
        return [key!.bytes!.toString(), any!.bytes?.toString() ?? Number(any!.number)]
      }))
    }
  })
}

interface Field { field: number, bytes?: Buffer, number?: bigint }

/** The fields of a protobuf message, in their order. */
function fieldsOf (message: Buffer): Field[] {
  const fields: Field[] = []
  let at = 0
  const varint = () => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++]!
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  const take = (length: number) => {
    at += length
    return message.subarray(at - length, at)
  }
  while (at < message.length) {
    const tag = Number(varint())
    const [field, kind] = [tag >> 3, tag & 7]
    if (kind === 0) fields.push({ field, number: varint() })
    else if (kind === 1) fields.push({ field, number: take(8).readBigUInt64LE() })
    else if (kind === 2) fields.push({ field, bytes: take(Number(varint())) })
    else if (kind === 5) fields.push({ field, number: BigInt(take(4).readUInt32LE()) })
    else throw new Error(`no field of protobuf: ${kind}`)
  }
  return fields
}
