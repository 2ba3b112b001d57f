import type { Sql, TransactionSql } from 'postgres'
import { statementTexts } from '../../database/statements.ts'
import { EXAMPLES, INVARIANTS, isByPeriod, sentenceOf } from '../../routes/operations/invariants.ts'

/** Whatever an order's time is. */
const ALWAYS = ['0001-01-01T00:00:00Z', '9999-01-01T00:00:00Z']

/** What breaks a law, how much of it there is, and how long it took to find out. */
export interface Finding { invariant: string, law: string, broken: number, examples: string[], ms: number }

/** Looks at the shop's laws, all orders at once. */
export async function lookAtLaws (sql: Sql | TransactionSql): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const invariant of INVARIANTS) {
    const began = performance.now()
    const rows = await sql.unsafe<{ about: string, kept: string | null, found: string | null, broken: number }[]>(
      statementTexts.get(`operations/invariants/${invariant}`)!, [EXAMPLES, ...isByPeriod(invariant) ? ALWAYS : []],
      { prepare: true })
    findings.push({
      invariant,
      law: sentenceOf(invariant),
      broken: Number(rows[0]?.broken ?? 0),
      examples: rows.map(({ about, kept, found }) => `${about}: ${kept}, not ${found}`),
      ms: performance.now() - began
    })
  }
  return findings
}

/** The laws that do not hold, as one text; empty where all do. */
export async function brokenLaws (sql: Sql): Promise<string> {
  return (await lookAtLaws(sql)).filter(({ broken }) => broken > 0)
    .map(({ invariant, broken, examples }) => `${invariant} (${broken}): ${examples[0]}`).join('; ')
}
