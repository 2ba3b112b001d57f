import { readdir } from 'node:fs/promises'
import { sep } from 'node:path'

/** What defines objects, in the order in which it runs best: views are results of functions, which triggers run. */
const DEFINITIONS = [/^[^/]+\/views\.sql$/, /^[^/]+\/functions\/[^/]+\.sql$/, /^[^/]+\/triggers\.sql$/]

/**
 * The files of sql/ that define views, functions and triggers, as `orders/functions/place.sql`, in the order to run
 * them.
 *
 * @param folder sql/
 */
export async function definitionFiles (folder: string): Promise<string[]> {
  const files = (await readdir(folder, { recursive: true })).map((file) => file.replaceAll(sep, '/')).sort()
  return DEFINITIONS.flatMap((kind) => files.filter((file) => kind.test(file)))
}

/** The numbered migrations, as `migrations/0001.do.schemas.sql`. */
export async function migrationFiles (folder: string): Promise<string[]> {
  return (await readdir(`${folder}/migrations`)).filter((file) => file.endsWith('.sql')).sort()
    .map((file) => `migrations/${file}`)
}
