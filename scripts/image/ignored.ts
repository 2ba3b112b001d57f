import { matchesGlob } from 'node:path'

/**
 * What .dockerignore keeps out of the build: a line is a pattern of a path, with all that is below it. Takes no
 * exceptions (`!`), since this project's file has none.
 *
 * @param text the file
 * @returns whether a path, relative to the context, is left out
 */
export function ignoring (text: string): (path: string) => boolean {
  const patterns = text.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'))
  const exception = patterns.find((pattern) => pattern.startsWith('!'))
  if (exception) throw new Error(`an exception is not understood: ${exception}`)
  return (path) => patterns.some((pattern) => {
    const parts = path.split('/')
    return parts.some((_, n) => matchesGlob(parts.slice(0, n + 1).join('/'), pattern))
  })
}
