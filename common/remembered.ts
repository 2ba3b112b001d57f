/**
 * Asks once for all who ask while it is under way, or within `freshMs` after it: for what is worth asking seldom only.
 * A failure is not remembered.
 */
export function remembered<T> (freshMs: number, ask: () => Promise<T>): () => Promise<T> {
  let latest: Promise<T> | undefined
  let askedAt = 0
  let isUnderWay = false
  return () => {
    if (latest && (isUnderWay || performance.now() - askedAt < freshMs)) return latest
    isUnderWay = true
    askedAt = performance.now()
    const asked = ask()
    latest = asked
    asked.catch(() => { latest = undefined }).finally(() => { isUnderWay = false })
    return asked
  }
}
