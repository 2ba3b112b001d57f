import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'

const run = promisify(execFile)

t.test('npm run drill -- image: what the Containerfile makes keeps its promises', async (t) => {
  // tap has each Node write down that it ran, by way of NODE_OPTIONS, and the image's user may write nowhere.
  const { stdout } = await run('env', ['-u', 'NODE_OPTIONS', process.execPath, 'scripts/drill.ts', 'image'], {
    cwd: join(import.meta.dirname, '../..')
  }).catch((error) => error as { stdout: string })
  t.equal(stdout.match(/^HOLDS$/gm)?.length, 8, stdout)
  t.notMatch(stdout, /^FAILS$/m)
})
