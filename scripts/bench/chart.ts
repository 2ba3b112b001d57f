import type { Run } from './run.ts'
export function chart (run: Run): string { return String(run.cases.length) }
