import { chmodSync, lstatSync, readdirSync, type Stats } from 'node:fs'
import { join } from 'node:path'

/** A file, folder or link, by its whole path; links are not followed. */
export interface Entry { path: string, stats: Stats }

/** What a folder is and holds, itself first. */
export function entriesOf (folder: string): Entry[] {
  const stats = lstatSync(folder)
  if (!stats.isDirectory()) return [{ path: folder, stats }]
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
  return [{ path: folder, stats }, ...names.map(({ parentPath, name }) => {
    const path = join(parentPath, name)
    return { path, stats: lstatSync(path) }
  })]
}

/** Megabytes on the disk, in whole blocks as `du` counts them. */
export function megabytesOf (folder: string): number {
  return entriesOf(folder).reduce((sum, { stats }) => sum + stats.blocks, 0) / 2048
}

const isWithin = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`)

/** Takes the right to write from everybody, in all of a folder but a part of it. */
export function makeReadOnly (folder: string, except: string): void {
  for (const { path, stats } of entriesOf(folder)) {
    if (!isWithin(path, except) && !stats.isSymbolicLink()) chmodSync(path, stats.mode & ~0o222)
  }
}

/** Gives its owner the right to write back: without it nobody but root could take a folder away. */
export function makeWritable (folder: string): void {
  for (const { path, stats } of entriesOf(folder)) {
    if (stats.isDirectory()) chmodSync(path, stats.mode | 0o200)
  }
}

/** What a folder holds, in a form to be compared: when each file was last changed; a part of it is left out. */
export function stateOf (folder: string, except: string): Map<string, string> {
  return new Map(entriesOf(folder).filter(({ path }) => !isWithin(path, except)).map(({ path, stats }) =>
    [path, `${stats.ino} ${stats.size} ${stats.ctimeMs}`]))
}

/** The paths of which two states say different things. */
export function changedBetween (before: Map<string, string>, after: Map<string, string>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path))
}
