import neostandard from 'neostandard'

/** Law 2 of CONTRIBUTING.md: SQL stands in .sql files, and no text is glued into it. */
const lawOfSql = [
  { selector: "TaggedTemplateExpression[tag.name='sql']", message: 'SQL stands in a .sql file.' },
  {
    selector:
      'CallExpression[callee.property.name=/^(unsafe|script|attempt)$/] > TemplateLiteral[expressions.length>0]',
    message: 'Values are parameters of a statement, never text that is glued in.'
  }
]

export default [
  ...neostandard({ ts: true, ignores: ['.data/**', '.tap/**', 'node_modules/**', 'plugins/assets/**'] }),
  {
    rules: {
      'no-console': 'error',
      'max-len': ['error', { code: 120, ignoreUrls: true }]
    }
  },
  { files: ['scripts/**'], rules: { 'no-console': 'off' } },
  {
    files: ['database/**', 'plugins/**', 'routes/**', 'scripts/*', 'seeds/**'],
    // The exceptions that the law names: names where PostgreSQL takes no parameter.
    ignores: [
      'database/migration/definitions.ts', 'database/migration/transaction.ts', 'seeds/loader/staging.ts',
      'seeds/loader/steps.ts'
    ],
    rules: { 'no-restricted-syntax': ['error', ...lawOfSql] }
  }
]
