/** What a scrape says: the value of each line by the metric's name and labels, as they stand there. */
export function valuesOf (scrape: string): Map<string, number> {
  return new Map(scrape.split('\n').filter((line) => line !== '' && !line.startsWith('#')).map((line) => {
    const at = line.lastIndexOf(' ')
    return [line.slice(0, at), Number(line.slice(at + 1))]
  }))
}

/** The names of the metrics that a scrape has, each with its type. */
export const typesOf = (scrape: string): Map<string, string> =>
  new Map([...scrape.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!]))
