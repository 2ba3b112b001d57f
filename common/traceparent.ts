/** Version, trace, span, flags; a later version may have more behind. (W3C Trace Context, section 3.2.) */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** A span of somebody's trace, as the header has it. */
export interface Traceparent { traceId: string, spanId: string, traceFlags: number }

/** What a traceparent says; undefined where it is none. */
export function readTraceparent (header: unknown): Traceparent | undefined {
  const [, version, traceId, spanId, flags, more] = (typeof header === 'string' && TRACEPARENT.exec(header)) || []
  if (traceId === undefined || (version === '00' && more !== undefined)) return undefined
  return { traceId, spanId: spanId!, traceFlags: Number.parseInt(flags!, 16) & 1 }
}

/** The header again, in the version that everybody knows. */
export const writeTraceparent = ({ traceId, spanId, traceFlags }: Traceparent): string =>
  `00-${traceId}-${spanId}-0${traceFlags & 1}`
