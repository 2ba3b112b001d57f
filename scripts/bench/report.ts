import { PROCESSORS } from './cpu.ts'
import type { Run } from './run.ts'

const round = (value: number | null, digits = 0) => value === null ? '–' : value.toFixed(digits)
const percent = (value: number | null) => value === null ? '–' : `${(100 * value).toFixed(0)} %`

/** What --json writes: all figures as they are, and where they are from. */
export function report (run: Run): object {
  return { ...run, date: run.date.toISOString(), node: process.version, processors: PROCESSORS }
}

/** The figures as tables of Markdown, which a terminal shows well enough. */
export function tables (run: Run): string {
  const { date, about, settings: { rounds, seconds, connections }, load, postgres, cases, peers } = run
  const statements = cases.filter((one) => one.statements !== null)
  return [
    `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC, ${about}`,
    `${PROCESSORS} processors, Node ${process.versions.node}, PostgreSQL ${postgres}; ${connections} connections, ` +
      `${rounds} rounds of ${seconds.toFixed(1)} s; load average ${load.map((value) => value.toFixed(1))
        .join(' at the start, ')} at the end`,
    '',
    table(
      [
        'request', 'gateway /s', 'minimal /s', 'ratio', 'gateway µs', 'minimal µs', 'µs ratio', 'database µs',
        'minimal’s', 'generator µs', 'p50 ms', 'p99 ms', 'noise', 'others'
      ],
      cases.map(({ name, ours, minimal, ratio, cpuRatio }) => [
        name, round(ours.perSecond), round(minimal.perSecond), ratio.toFixed(2), round(ours.gateway),
        round(minimal.gateway),
        round(cpuRatio, 2), round(ours.database), round(minimal.database), round(ours.generator), round(ours.p50, 1),
        round(ours.p99, 1),
        `±${percent(Math.max(ours.noise, minimal.noise))}`, percent(ours.others)
      ])),
    ...peers.length === 0
      ? []
      : ['', `Beside ${[...new Set(peers.map(({ peer, version }) => `${peer} ${version}`))].join(' and ')}`, '', table(
          [
            'request', 'peer', 'gateway /s', 'peer /s', 'ratio', 'gateway µs', 'peer µs', 'µs ratio', 'p50 ms',
            'peer’s', 'p99 ms', 'peer’s', 'noise', 'others'
          ],
          peers.map(({ request, peer, ours, theirs, ratio, cpuRatio }) => [
            request, peer, round(ours.perSecond), round(theirs.perSecond), ratio.toFixed(2), round(ours.gateway),
            round(theirs.gateway), round(cpuRatio, 2), round(ours.p50, 1), round(theirs.p50, 1), round(ours.p99, 1),
            round(theirs.p99, 1), `±${percent(Math.max(ours.noise, theirs.noise))}`, percent(theirs.others)
          ]))],
    ...statements.length === 0
      ? []
      : ['', table(
          [
            'statements alone', 'ours /s', 'best /s', 'ratio', 'ours µs', 'best µs', 'µs ratio', 'gateway ÷ ours',
            'noise', 'by'
          ],
          statements.map(({ name, ours, statements: alone }) => [
            name, round(alone!.ours.perSecond), round(alone!.best.perSecond), alone!.ratio.toFixed(2),
            round(alone!.ours.database),
            round(alone!.best.database), round(alone!.cpuRatio, 2), (ours.perSecond / alone!.ours.perSecond).toFixed(2),
            `±${percent(Math.max(alone!.ours.noise, alone!.best.noise))}`, alone!.by
          ]))],
    ''
  ].join('\n')
}

function table (head: string[], rows: string[][]): string {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]!.length)))
  const line = (cells: string[]) => `| ${cells.map((cell, column) =>
    column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)).join(' | ')} |`
  const rule = `|${widths.map((width, column) => column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)
    .join('|')}|`
  return [line(head), rule, ...rows.map(line)].join('\n')
}
