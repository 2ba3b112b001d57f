import fp from 'fastify-plugin'
import { DryRun } from '../database/dry-run.ts'
import { problem } from '../common/problems.ts'

/** Of a preference (RFC 7240, section 2): its name and value. What comes behind a semicolon is a parameter of it. */
const PREFERENCE = /^\s*tx\s*=\s*(?:"([^"]*)"|([^\s;"]*))\s*(?:;|$)/i

/**
 * `Prefer: tx=rollback`, as PostgREST has it: a write does everything, answers what it would answer, and keeps nothing.
 * The database's side is database/dry-run.ts. Another value than `commit` is refused, since a misspelled one would
 * write. `Preference-Applied` says that it was heeded: of a read only where it wrote something, too.
 */
export default fp(async (fastify) => {
  fastify.addHook('onRequest', (request, reply, done) => {
    const { prefer } = request.headers
    if (prefer === undefined) return done()
    const wanted = endOf(String(prefer))
    if (wanted === undefined || wanted === 'commit') return done()
    if (wanted !== 'rollback') {
      return done(problem('INVALID_INPUT', {}, [{ field: 'prefer', message: 'tx must be rollback or commit' }]))
    }
    const tell = () => { reply.header('preference-applied', 'tx=rollback') }
    request.from.dryRun = new DryRun(fastify.database.dryRuns, tell)
    if (!request.from.isReading) tell()
    done()
  })
  // Before the response, so that whoever has it finds nothing locked.
  fastify.addHook('onSend', (request, _reply, payload, done) => {
    const dryRun = request.from?.dryRun
    if (dryRun) dryRun.end().then(() => done(null, payload), () => done(null, payload))
    else done(null, payload)
  })
  // Where there is none: the caller hung up.
  fastify.addHook('onResponse', (request, _reply, done) => {
    request.from?.dryRun?.end()
    done()
  })
}, { name: 'dry-runs', dependencies: ['context', 'database'] })

/** How the transaction is to end: what the first `tx` of a Prefer header says. */
function endOf (header: string): string | undefined {
  for (const preference of header.split(',')) {
    const [, quoted, plain] = PREFERENCE.exec(preference) ?? []
    const value = quoted ?? plain
    if (value !== undefined) return value
  }
}
