import { problem } from '../../common/problems.ts'
import { FIELDS } from './schema.ts'

const MAX_IDS = 100
const MAX_ID = 2_147_483_647

const refuse = (field: string, message: string) => problem('INVALID_INPUT', {}, [{ field, message }])

/** Product ids that are separated by commas, each once. Rejects with INVALID_INPUT. */
export function readIds (text: string | undefined): number[] | undefined {
  if (text === undefined) return undefined
  const ids = [...new Set(text.split(',').map((id) => /^\s*\d{1,10}\s*$/.test(id) ? Number(id) : NaN))]
  if (!ids.every((id) => id <= MAX_ID)) throw refuse('ids', 'must be product ids, separated by commas')
  if (ids.length > MAX_IDS) throw refuse('ids', `must be at most ${MAX_IDS}`)
  return ids
}

/** Names of a product's fields that are separated by commas. Rejects with INVALID_INPUT, naming those there are. */
export function readFields (text: string | undefined): (typeof FIELDS)[number][] | undefined {
  if (text === undefined) return undefined
  const names = text.split(',').map((name) => name.trim())
  const fields = FIELDS.filter((name) => names.includes(name))
  if (!names.every((name) => FIELDS.includes(name as never))) {
    throw refuse('fields', `must be some of ${FIELDS.join(', ')}, separated by commas`)
  }
  return fields
}
