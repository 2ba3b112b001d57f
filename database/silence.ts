import type { Socket } from 'node:net'
import postgres from 'postgres'
import { FOR_CALLERS } from './client.ts'
import { statementTexts } from './statements.ts'
import { Watch } from './watch.ts'

const FIND_PROGRESS = statementTexts.get('gateway/find-progress')!

const LOOK_EVERY_MS = 1000

/**
 * The longest that a start leaves the server alone is a batch of password hashes (seeds/loader/steps.ts), some seconds.
 * Where 30 processes shared two cores, questions over the other connection went without an answer for 15 s.
 */
const SILENT_MS = 30_000

/** What of a connection is to be known: the socket it has now, and its backend. */
export interface Watched { socket: Socket | undefined, pid: number | undefined }

/**
 * Ends a connection without time limits that says nothing any more, so that what waits for it fails: a migration or a
 * load takes what it takes, but only while the server is at work on it, which is asked over another connection.
 *
 * @param onEnd told before the connection is ended
 */
export function endWhenSilent (
  url: string, prepare: boolean, watched: () => Watched, onEnd: (reason: string) => void
): () => Promise<void> {
  const watch = new Watch(url, { ...FOR_CALLERS, prepare }, statementTexts.get('gateway/ping')!)
  let isClosed = false
  let heardAt = performance.now()
  let last = ''
  let timer: NodeJS.Timeout | undefined

  async function look (): Promise<void> {
    const { socket, pid } = watched()
    const { isWorking, progress } = await ask(pid)
    const seen = `${socket?.bytesRead} ${socket?.bytesWritten} ${progress}`
    if (isWorking || seen !== last) heardAt = performance.now()
    last = seen
    if (isClosed) return
    if (performance.now() - heardAt > SILENT_MS) {
      onEnd(`the database has said nothing for ${SILENT_MS / 1000} s, and is not at work either`)
      socket?.destroy()
      heardAt = performance.now()
    }
    timer = setTimeout(look, LOOK_EVERY_MS)
  }

  async function ask (pid: number | undefined): Promise<{ isWorking: boolean, progress: string }> {
    try {
      const [row] = await watch.run(FIND_PROGRESS, [String(pid ?? 0)]) as [
        { is_working: boolean, progress: string, own: number }
      ]
      // Behind a pooler nothing is known of a single connection, but that there is a server.
      return { isWorking: row.is_working || row.own !== watch.pid, progress: row.progress }
    } catch (error) {
      // A server that refuses to be asked is there.
      return { isWorking: (error as Error).cause instanceof postgres.PostgresError, progress: '' }
    }
  }

  timer = setTimeout(look, LOOK_EVERY_MS)
  return async () => {
    isClosed = true
    clearTimeout(timer)
    await watch.close()
  }
}
