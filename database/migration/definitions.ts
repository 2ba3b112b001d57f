import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { definitionFiles } from './files.ts'
import type { Transaction } from './transaction.ts'

/** A function ("routine"), view or trigger; `name` in full, as it stands behind `drop <kind>`. */
interface DatabaseObject { kind: string, name: string }
interface Recorded extends DatabaseObject { file: string, retired_in: number | null }
interface Dropped extends DatabaseObject {
  file: string,
  definition: string,
  grants: string | null,
  is_restricted: boolean
}

/** The statements that read and write what is there (sql/migrating). */
export interface Texts { objects: string, recorded: string, definitions: string, dependents: string, record: string }

/**
 * `create or replace` cannot: the columns of a view, the result or the parameters' names of a function are other ones.
 */
const isIncompatible = (error: unknown) => /^(42P16|42P13)$/.test((error as { code?: string }).code ?? '')

/** Where a statement of a file begins: at the start of a line, which nothing within a function's body does. */
const STATEMENT_START = /^(?=(?:create|drop|do) )/m
const DEFINED = /^create (?:or replace )?(?:function|view) ([a-z_.]+)/

/** What it uses is not there (yet): files may use each other's objects in any order. */
const IS_MISSING = /^(42883|42P01|42704|42703)$/

const key = ({ kind, name }: DatabaseObject) => `${kind} ${name}`
const fault = (file: string, error: unknown) => {
  const { message, detail, code } = error as Error & { detail?: string, code?: string }
  return Object.assign(
    new Error(`sql/${file}: ${message}${detail ? ` (${detail.replace(/\n/g, ', ')})` : ''}`, { cause: error }), { code }
  )
}

/**
 * Runs the files of views, functions and triggers that changed, and sees to what is gone from them: a trigger is
 * dropped at once, functions and views are kept for the gateways of the release before, and dropped when the version
 * rises the next time. A file that has another name only is not run, and an object that is in another file than before
 * stays the same object.
 *
 * @param folder sql/
 * @param version of the folder
 * @param before the version of the database
 * @throws Error naming the file
 */
export async function refreshDefinitions (
  transaction: Transaction, texts: Texts, folder: string, version: number, before: number
): Promise<void> {
  const refresh = new Refresh(transaction, texts, await readFiles(folder))
  await refresh.run()
  await refresh.finish(version, before)
}

async function readFiles (folder: string): Promise<Map<string, { text: string, checksum: string }>> {
  return new Map(await Promise.all((await definitionFiles(folder)).map(async (file) => {
    const text = await readFile(join(folder, file), 'utf8')
    return [file, { text, checksum: createHash('sha256').update(text).digest('hex') }] as const
  })))
}

class Refresh {
  readonly #transaction: Transaction
  readonly #texts: Texts
  readonly #files: Map<string, { text: string, checksum: string }>
  /** When each object was written, by key. */
  #there = new Map<string, string>()
  #recorded: Recorded[] = []
  /** The names of files that have another name now. */
  readonly #moved = new Map<string, string>()
  readonly #pending = new Set<string>()
  readonly #ran = new Set<string>()
  /** Which file made an object now, by key. */
  readonly #made = new Map<string, Recorded>()
  readonly #dropped = new Map<string, Dropped>()
  #hasChanged = false

  constructor (transaction: Transaction, texts: Texts, files: Map<string, { text: string, checksum: string }>) {
    this.#transaction = transaction
    this.#texts = texts
    this.#files = files
  }

  async run (): Promise<void> {
    const recorded = await this.#transaction.script<Recorded>(this.#texts.recorded)
    const rows = await this.#transaction.script<{ file: string, checksum: string }>(this.#texts.definitions)
    const known = new Map(rows.map((row) => [row.file, row.checksum]))
    const left = rows.filter(({ file }) => !this.#files.has(file))
    this.#hasChanged = left.length > 0
    await this.#look()
    for (const [file, { checksum }] of this.#files) {
      const from = known.has(file) ? undefined : left.find((row) => row.checksum === checksum)
      if (from) this.#moved.set(from.file, file)
      else if (known.get(file) !== checksum) this.#pending.add(file)
    }
    this.#recorded = recorded.map((one) => ({ ...one, file: this.#moved.get(one.file) ?? one.file }))
    // A migration may have dropped what stood in its way.
    for (const one of this.#recorded) {
      if (one.retired_in === null && !this.#there.has(key(one)) && this.#files.has(one.file)) {
        this.#pending.add(one.file)
      }
    }
    while (this.#pending.size > 0) await this.#runPending()
  }

  /** Every pending file in turn; those that miss something have another turn, as long as there is progress. */
  async #runPending (): Promise<void> {
    let missing: Error | undefined
    let hasProgressed = false
    for (const file of this.#files.keys()) {
      if (!this.#pending.has(file)) continue
      try {
        await this.#runFile(file)
        hasProgressed = true
      } catch (error) {
        if (!IS_MISSING.test((error as { code?: string }).code ?? '')) throw fault(file, error)
        missing ??= fault(file, error)
      }
    }
    if (missing && !hasProgressed) throw missing
  }

  async #runFile (file: string): Promise<void> {
    const { text } = this.#files.get(file)!
    const before = this.#there
    try {
      await this.#transaction.attempt(text)
    } catch (error) {
      if (!isIncompatible(error)) throw error
      for (const statement of text.split(STATEMENT_START)) await this.#replace(statement)
    }
    this.#pending.delete(file)
    this.#ran.add(file)
    this.#hasChanged = true
    await this.#look()
    for (const [name, written] of this.#there) {
      if (before.get(name) === written) continue
      const [, kind, rest] = /^(routine|trigger|view|materialized view) (.*)$/s.exec(name)!
      this.#made.set(name, { kind: kind!, name: rest!, file, retired_in: null })
    }
  }

  /**
   * Runs one statement of a file, where need be after dropping what it defines, in whichever file that was: no other
   * object of the file.
   */
  async #replace (statement: string): Promise<void> {
    try {
      await this.#transaction.attempt(statement)
    } catch (error) {
      const name = DEFINED.exec(statement)?.[1]
      if (!isIncompatible(error) || name === undefined) throw error
      await this.#drop(this.#recorded.filter(
        (one) => one.kind !== 'trigger' && (one.name === name || one.name.startsWith(`${name}(`))
      ))
      await this.#transaction.attempt(statement)
    }
  }

  async #look (): Promise<void> {
    const rows = await this.#transaction.script<DatabaseObject & { written: string }>(this.#texts.objects)
    this.#there = new Map(rows.map((row) => [key(row), row.written]))
  }

  /**
   * Drops objects to make them anew, and what depends on them, whose files then run as well. Never more than what is
   * the gateway's: PostgreSQL refuses, and names it, where somebody else's view depends on them.
   */
  async #drop (objects: DatabaseObject[]): Promise<void> {
    const wanted = JSON.stringify(objects.map(({ kind, name }) => ({ kind, name })))
    for (const found of await this.#transaction.query<Dropped>(this.#texts.dependents, [wanted])) {
      await this.#transaction.script(`drop ${key(found)}`)
      if (!this.#dropped.has(key(found))) this.#dropped.set(key(found), found)
      const file = this.#moved.get(found.file) ?? found.file
      if (this.#files.has(file)) this.#pending.add(file)
    }
    await this.#look()
  }

  async finish (version: number, before: number): Promise<void> {
    await this.#restore()
    const kept = await this.#retire(version)
    const left = version > before ? await this.#dropRetired(kept, version) : kept
    if (!this.#hasChanged && version === before) return
    const checksums = Object.fromEntries([...this.#files].map(([file, { checksum }]) => [file, checksum]))
    await this.#transaction.query(this.#texts.record, [
      this.#transaction.id, String(version), JSON.stringify(checksums), JSON.stringify(left)
    ])
  }

  /**
   * What was dropped on the way and is in no file any more comes back, for the release before; and so do the rights of
   * others.
   */
  async #restore (): Promise<void> {
    for (const one of [...this.#dropped.values()].reverse()) {
      try {
        if (!this.#there.has(key(one)) && one.kind !== 'trigger') await this.#transaction.script(one.definition)
        if (one.is_restricted) await this.#transaction.script(`revoke all on routine ${one.name} from public`)
        if (one.grants) await this.#transaction.script(one.grants)
      } catch (error) {
        throw fault(one.file, error)
      }
    }
    if (this.#dropped.size > 0) await this.#look()
  }

  /** What is ours now, with the version since which it is gone from the files. */
  async #retire (version: number): Promise<Recorded[]> {
    const kept = [...this.#made.values()]
    for (const one of this.#recorded) {
      if (this.#made.has(key(one))) continue
      const isThere = this.#there.has(key(one))
      const isGone = one.retired_in === null && (!this.#files.has(one.file) || this.#ran.has(one.file))
      if (isGone && one.kind === 'trigger' && isThere) await this.#transaction.script(`drop ${key(one)}`)
      if (isGone || !isThere) this.#hasChanged = true
      if (!isThere || (isGone && one.kind === 'trigger')) continue
      kept.push(isGone ? { ...one, retired_in: version } : one)
    }
    return kept
  }

  /** Drops what earlier versions retired, unless somebody else's objects use it. Returns what is left. */
  async #dropRetired (kept: Recorded[], version: number): Promise<Recorded[]> {
    let left = kept
    for (let more = true; more;) {
      more = false
      for (const one of left.filter(({ retired_in: since }) => since !== null && since < version)) {
        const isDropped = await this.#transaction.attempt(`drop ${key(one)}`).then(() => true, (error) => {
          // dependent_objects_still_exist
          if ((error as { code?: string }).code === '2BP01') return false
          throw fault(one.file, error)
        })
        if (!isDropped) continue
        left = left.filter((other) => other !== one)
        more = true
        this.#hasChanged = true
      }
    }
    return left
  }
}
