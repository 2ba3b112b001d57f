import type { FastifyBaseLogger } from 'fastify'

/**
 * Has all of them recorded at once or, where the database refuses that, one by one, so that one it cannot take is in
 * nobody's way. Returns those that it refused by themselves. Rejects where the database cannot be asked at all.
 *
 * @param what named in the log, for each that is refused
 */
export async function recordEach<T extends { id: number }> (
  log: FastifyBaseLogger, what: string, all: T[], record: (some: T[]) => Promise<void>
): Promise<T[]> {
  if (all.length === 0) return []
  try {
    await record(all)
    return []
  } catch (error) {
    if (isElsewhere(error)) throw error
    if (all.length === 1) {
      log.error({ id: all[0]!.id, reason: (error as Error).message }, `${what} could not be recorded`)
      return all
    }
  }
  const refused: T[] = []
  for (const one of all) refused.push(...await recordEach(log, what, [one], record))
  return refused
}

/** Not about a row: the database is away, or has no room for now. */
const isElsewhere = (error: unknown) => ['DATABASE_UNAVAILABLE', 'OVERLOADED', 'TIMEOUT'].includes(
  (error as { code?: string }).code ?? ''
)
