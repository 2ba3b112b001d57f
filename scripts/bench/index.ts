import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chart } from './chart.ts'
import { options } from './options.ts'
import { report, tables } from './report.ts'
import { run } from './run.ts'
import { judge } from './thresholds.ts'

const asked = options()
const folder = await mkdtemp(join(tmpdir(), 'db-service-bench-'))
try {
  const measured = await run(asked, folder)
  console.log(tables(measured))
  if (asked.json) await writeFile(asked.json, JSON.stringify(report(measured), null, 2) + '\n')
  if (asked.svg) await writeFile(asked.svg, chart(measured))
  if (measured.fault !== undefined) throw new Error(measured.fault)
  if (asked.isQuick) {
    const { holds, sentences } = judge(new Map(measured.cases.map(({ name, cpuRatio }) => [name, cpuRatio])))
    console.log(holds ? 'Every request is within its limit.' : `Over the limits:\n  ${sentences.join('\n  ')}`)
    if (!holds) process.exitCode = 1
  }
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
} finally {
  await rm(folder, { recursive: true, force: true })
}
