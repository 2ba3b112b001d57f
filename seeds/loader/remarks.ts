import type { LoadReport } from './index.ts'

/** What a person should know of a load beside its counts, a line each: what was refused, and what nobody has read. */
export function remarks ({ files, unread }: LoadReport): string[] {
  return [
    ...files.filter(({ refused }) => refused !== undefined).map(({ file, refused }) => `${file} is refused: ${refused}`),
    ...files.filter(({ unreadColumns }) => unreadColumns.length > 0).map(({ file, unreadColumns }) =>
      `${file} has columns that nobody reads: ${unreadColumns.join(', ')}`),
    ...unread.filter(({ why }) => why !== undefined).map(({ file, why }) => `${file} is not read: ${why}`),
    ...unread.some(({ why }) => why === undefined)
      ? [`not read: ${unread.filter(({ why }) => why === undefined).map(({ file }) => file).join(', ')}`]
      : []
  ]
}
