/** The end of a range of time as the database takes it: a date alone includes that day. */
export const endOf = (to: string | undefined): string | null =>
  to?.length === '2026-11-21'.length ? `${to}T23:59:59.999999Z` : to ?? null
