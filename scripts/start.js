// Plain JavaScript that any Node can read: `npm start` and the scripts for operators begin here, so that a Node that
// cannot run TypeScript says what to do instead of where it stumbled. Runs the file named by its first argument.
import { pathToFileURL } from 'node:url'
import { resolve } from 'node:path'

const NEEDED = 24
const [, , file, ...rest] = process.argv

if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  console.error(`db-service needs Node ${NEEDED} or newer, and this is Node ${process.versions.node} ` +
    `(${process.execPath}). ` +
    `Install Node ${NEEDED}, or install the development dependencies too, which bring one along: npm ci`)
  process.exit(1)
}
process.argv = [process.argv[0], resolve(file), ...rest]
try {
  await import(pathToFileURL(process.argv[1]).href)
} catch (error) {
  const [, name] = /^Cannot find package '([^']+)'/.exec(error.message) ?? []
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || !name) throw error
  console.error(`The package ${name} is not installed: npm ci`)
  process.exit(1)
}
