/** What is looked for in everything that the process writes. */
export const secret = (name: string) => `canary-${name}-5Fq9zt`
export const passwords = {
  first: secret('password-first'),
  next: secret('password-next'),
  wrong: secret('password-wrong'),
  smtp: secret('smtp'),
  amqp: secret('amqp'),
  database: secret('database')
}

/** Lines with one of these in them, cut around it. */
export function findings (where: string, text: string, forbidden: (string | RegExp)[]): string[] {
  return forbidden.flatMap((wanted) => {
    const at = typeof wanted === 'string' ? text.indexOf(wanted) : text.search(wanted)
    return at < 0 ? [] : [`${where}: ${wanted}: …${text.slice(Math.max(0, at - 300), at + 100)}…`]
  })
}
