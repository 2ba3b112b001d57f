import {
  diag, DiagLogLevel, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Attributes, type Span
} from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider
} from '@opentelemetry/sdk-trace'
import { callers } from '../database/caller.ts'
import type { Execute } from '../database/statements.ts'
import { Problem } from './problems.ts'
import { readTraceparent, writeTraceparent, type Traceparent } from './traceparent.ts'
import { within } from './within.ts'

/** Spans that wait to be sent; whatever comes on top is dropped, so a receiver that is away costs this much memory. */
const MAX_WAITING = 4096

/** How often what waits is sent. */
const EVERY_MS = 1000

/** How long one batch may take to be received, and what is left of them at the end. */
const SEND_MS = 5000
const END_MS = 1500

/** What is worth a span of its own: something that goes on from here. */
export interface Work { name: string, kind: 'producer' | 'client', attributes: Attributes }

export interface TracingOptions {
  /** Where the receiver is: OTEL_EXPORTER_OTLP_ENDPOINT. */
  endpoint: string
  service: string
  version: string
  /** The part of requests that is traced, where the caller has not decided. */
  ratio: number
  warn (message: string): void
}

/**
 * Traces: a span for each request, one below it for each of its statements, and one for what it leads to later. Loaded
 * where it is used only. What spans say is what a log may: routes, names of statements, statuses; never an address, a
 * parameter, a person.
 */
export class Tracing {
  readonly #provider: TracerProvider
  readonly #tracer: ReturnType<TracerProvider['getTracer']>

  constructor ({ endpoint, service, version, ratio, warn }: TracingOptions) {
    diag.setLogger({ error: warn, warn, info: () => {}, debug: () => {}, verbose: () => {} },
      { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
    const exporter = new OTLPTraceExporter({
      url: `${endpoint.replace(/\/$/, '')}/v1/traces`, timeoutMillis: SEND_MS
    })
    this.#provider = new TracerProvider({
      resource: resourceFromAttributes({ 'service.name': service, 'service.version': version }),
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
      spanProcessors: [new BatchSpanProcessor({
        exporter, maxQueueSize: MAX_WAITING, exportTimeoutMillis: SEND_MS, scheduledDelayMillis: EVERY_MS
      })]
    })
    this.#tracer = this.#provider.getTracer('db-service', version)
  }

  /** Begins the span of a request, below the caller's own where there is one. */
  beginRequest (method: string, route: string, requestId: string, parent: Traceparent | undefined): Span {
    return this.#tracer.startSpan(`${method} ${route}`, {
      kind: SpanKind.SERVER,
      attributes: { 'http.request.method': method, 'http.route': route, 'db_service.request_id': requestId }
    }, below(parent))
  }

  endRequest (span: Span, status: number): void {
    span.setAttribute('http.response.status_code', status)
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end()
  }

  /** The same statements, each with a span where it runs for a request that has one. */
  traced (execute: Execute): Execute {
    return (name, text, parameters) => {
      const parent = callers.getStore()?.span
      if (!parent?.isRecording()) return execute(name, text, parameters)
      const span = this.#tracer.startSpan(name, {
        kind: SpanKind.CLIENT,
        attributes: { 'db.system.name': 'postgresql', 'db.query.summary': name, 'code.file.path': `sql/${name}.sql` }
      }, trace.setSpan(ROOT_CONTEXT, parent))
      return execute(name, text, parameters).then((rows) => {
        span.setAttribute('db.response.returned_rows', rows.length)
        span.end()
        return rows
      }, (error) => {
        fail(span, error)
        throw error
      })
    }
  }

  /**
   * Does work that a request led to, with a span below the request's. Without a trace it belongs to the work is done
   * without one.
   *
   * @param work is given the traceparent of its own span, to be handed on
   */
  async follow<T> (
    traceparent: string | null, { name, kind, attributes }: Work, work: (traceparent: string | null) => Promise<T>
  ): Promise<T> {
    const parent = readTraceparent(traceparent)
    if (!parent) return await work(null)
    const span = this.#tracer.startSpan(name, {
      kind: kind === 'producer' ? SpanKind.PRODUCER : SpanKind.CLIENT, attributes
    }, below(parent))
    try {
      const result = await work(writeTraceparent(span.spanContext()))
      span.end()
      return result
    } catch (error) {
      fail(span, error)
      throw error
    }
  }

  /** Sends what is left, within a moment. */
  async end (): Promise<void> {
    await within(END_MS, this.#provider.shutdown()).catch(() => {})
  }
}

const below = (parent: Traceparent | undefined) => parent
  ? trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true })
  : ROOT_CONTEXT

/** The words of an error may name a person: its code has to do. */
function fail (span: Span, error: unknown): void {
  const { name, code } = error as Error & { code?: string }
  span.setAttribute('error.type', code ?? name)
  // A refusal is no fault of the statement.
  const isFault = !(error instanceof Problem) || error.statusCode >= 500
  if (isFault) span.setStatus({ code: SpanStatusCode.ERROR })
  span.end()
}
