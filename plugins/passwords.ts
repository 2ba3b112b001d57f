import { availableParallelism } from 'node:os'
import argon2 from 'argon2'
import fp from 'fastify-plugin'
import { Gate } from '../database/gate.ts'

/**
 * 64 MiB and 100 ms of CPU a hash, in four threads: one at a time keeps two cores busy, with half the threads and
 * memory of two at a time (32 at once starved the other requests for 3 s).
 */
const AT_ONCE = availableParallelism() >= 4 ? 2 : 1
/**
 * Whoever is refused at once comes back at once: with 32, a flood of 50 logins cost the other routes more in refusals
 * than in hashes.
 */
const MAX_WAITING = 64
/** Before come up to 1.5 s for a connection, after it the hash itself: within a request's 6 s. */
const MAX_WAIT_MS = 3500

/** What a new hash costs. */
export const HASHING = {
  parameters: { type: argon2.argon2id as 2, memoryCost: 65536, timeCost: 3, parallelism: 4 },
  /**
   * With the same parameters, of random bytes that nobody kept: what is verified where there is no hash, for the time
   * it takes.
   */
  nobody: '$argon2id$v=19$m=65536,t=3,p=4$5z49u/2jxl2SBJmqztU9SQ$YAlAAIOjSzeo+Vft3kFxxZ8yH/wswJVGlL0Y4IzLNJ0'
}

/**
 * A stored hash names its own cost, and verifying obeys it: these bounds keep a planted one from taking the machine.
 */
const HASH = /^\$argon2id\$v=19\$(?:[mtp]=\d{1,6}(?:,|(?=\$))){3}\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,128}$/
const MAX_MEMORY_KIB = 262_144
const MAX_TIME = 10
const MAX_PARALLELISM = 16

declare module 'fastify' {
  interface FastifyInstance {
    passwords: {
      /** An argon2id hash. Rejects with OVERLOADED where too many wait. */
      hash (password: string): Promise<string>
      /** Whether the password matches; without a usable hash it never does, in the same time. */
      verify (hash: string | null | undefined, password: string): Promise<boolean>
      /** A new hash where the old one has other parameters than today's, else null. */
      rehash (hash: string, password: string): Promise<string | null>
    }
  }
}

/** Password hashing, a bounded number at a time. */
export default fp(async (fastify) => {
  const gate = new Gate(AT_ONCE, MAX_WAITING, MAX_WAIT_MS)
  fastify.metrics.watchGate('passwords', gate)
  const hash = async (password: string) => await gate.run(async () => await hashPassword(password))

  fastify.decorate('passwords', {
    hash,
    verify: async (stored, password) => {
      const usable = isUsable(stored)
      return await gate.run(async () => {
        for (const form of formsOf(password)) {
          const fits = await argon2.verify(usable ? stored : HASHING.nobody, form)
          if (usable && fits) return true
        }
        return false
      })
    },
    rehash: async (stored, password) => argon2.needsRehash(stored, HASHING.parameters) ? await hash(password) : null
  })
}, { name: 'passwords', dependencies: ['metrics'] })

/**
 * The one form that a password is hashed in (RFC 8265, section 4.2.2): keyboards differ in how they write an accent.
 */
export const canonical = (password: string) => password.normalize('NFC')

/**
 * What may have been hashed: older hashes are of the password as it was typed. Nearly always one; as many without a
 * hash as with one.
 */
const formsOf = (password: string) => new Set([canonical(password), password, password.normalize('NFD')])

/**
 * An argon2id hash with today's parameters. Costs 64 MiB and 100 ms: no more than AT_ONCE, please. The parameters stand
 * in the order of the reference implementation, for the other readers of the table; the package writes m, p, t.
 */
export async function hashPassword (password: string): Promise<string> {
  return (await argon2.hash(canonical(password), HASHING.parameters)).replace(/(m=\d+),(p=\d+),(t=\d+)/, '$1,$3,$2')
}

function isUsable (hash: string | null | undefined): hash is string {
  if (!hash || !HASH.test(hash)) return false
  const cost = (name: string) => Number(new RegExp(`[$,]${name}=(\\d+)`).exec(hash)?.[1])
  const [memory, time, parallelism] = [cost('m'), cost('t'), cost('p')]
  return parallelism >= 1 && parallelism <= MAX_PARALLELISM && time >= 1 && time <= MAX_TIME &&
    // Argon2 itself wants 8 KiB for each.
    memory >= 8 * parallelism && memory <= MAX_MEMORY_KIB
}
