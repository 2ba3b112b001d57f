// Plain JavaScript that any Node can read: `npm start` and the scripts for operators begin here, so that a Node that
// cannot run TypeScript says what to do instead of where it stumbled. Runs the file named by its first argument.
//
// The flags of `npm start`: V8 lets its young generation grow to 64 MB, and the old one by what a limit of gigabytes
// allows, for a heap of 50 MB (docs/performance.md). What is compiled is kept beside the packages: half of a start's
// processor time; where nothing can be written there, it is compiled anew.
import nodeModule from 'node:module'
import { pathToFileURL } from 'node:url'
import { join, resolve } from 'node:path'

const NEEDED = 24
const [, , file, ...rest] = process.argv

if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  console.error(`db-service needs Node ${NEEDED} or newer, and this is Node ${process.versions.node} ` +
    `(${process.execPath}). ` +
    `Install Node ${NEEDED}, or install the development dependencies too, which bring one along: npm ci`)
  process.exit(1)
}
nodeModule.enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/db-service'))
process.argv = [process.argv[0], resolve(file), ...rest]
try {
  await import(pathToFileURL(process.argv[1]).href)
} catch (error) {
  const [, name] = /^Cannot find package '([^']+)'/.exec(error.message) ?? []
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || !name) throw error
  console.error(`The package ${name} is not installed: npm ci`)
  process.exit(1)
}
