import neostandard from 'neostandard'

export default [
  ...neostandard({ ts: true, ignores: ['.data/**', '.tap/**', 'node_modules/**', 'plugins/assets/**'] }),
  { rules: { 'no-console': 'error' } },
  { files: ['scripts/**'], rules: { 'no-console': 'off' } }
]
