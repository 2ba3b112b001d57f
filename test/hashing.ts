import argon2 from 'argon2'
import type { Test } from 'tap'
import { HASHING } from '../plugins/passwords.ts'

const COSTLY = { ...HASHING }

/**
 * The least that argon2 takes: 1 ms instead of 100. The fixture's hashes are of this kind, so a login finds nothing to
 * replace.
 */
const CHEAP: typeof HASHING = {
  parameters: { type: argon2.argon2id, memoryCost: 64, timeCost: 1, parallelism: 1 },
  nobody: '$argon2id$v=19$m=64,t=1,p=1$SBJMX63W1W8DtFgpx4Oi/Q$SO2/no+619FPaGHvbV+hhVGLKH/Q+wvDdoGWJuNEXTc'
}

/** The same functions at less cost, in this process: for all tests but those of hashing itself. */
export const hashCheaply = () => { Object.assign(HASHING, CHEAP) }

/** For the rest of this test a hash costs what it does in production. */
export function hashAsInProduction (t: Test): void {
  Object.assign(HASHING, COSTLY)
  t.teardown(hashCheaply)
}
