import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const text = (name: string) => readFileSync(join(import.meta.dirname, `../../sql/query/${name}.sql`), 'utf8')

/** The statements of the lane, by file. */
export const texts = {
  harden: text('harden'),
  soften: text('soften'),
  openRole: text('open-query-role'),
  openLegacyRole: text('open-legacy-query-role'),
  adoptRole: text('adopt-query-role'),
  checkRole: text('query-role-rights'),
  findLogin: text('find-login'),
  tryUsers: text('try-users'),
  begin: text('begin'),
  rollback: text('rollback'),
  discard: text('discard')
}
/** What stands around a caller's statement. */
export const [BEFORE = '', AFTER = ''] = text('run').split(/(?<=\n)\{statement\}(?=\n)/)
