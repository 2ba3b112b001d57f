import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { misused, readArguments, wholeNumber } from './arguments.ts'
import { writeCatalogue } from './generate/catalogue.ts'
import { writeOrders } from './generate/orders.ts'

/** As in the shop whose shape this follows; ids from 3,422,000 on are those of orders that are made here. */
const MOST = { orders: 3_421_083, users: 206_209, products: 300_000 }

const USAGE = `
npm run generate -- --orders N --users N --dir DIR [--products N] [--seed N] [--gzip]

Writes the CSV files of a made-up shop (docs/csv.md), for trying and measuring at size: popular products, heavy
buyers, things bought again, busy days and hours, as in the data of a real grocery shop. The same numbers and seed
give the same bytes. About ten items an order; takes 250 MB of memory at any size and, at full size, 1.7 GB of disk.

  --orders N     up to ${MOST.orders}
  --users N      up to ${MOST.users}; nobody can log in
  --dir DIR      a folder that is not there yet, or is empty; whole or not at all
  --products N   of the catalogue, up to ${MOST.products} (49688)
  --seed N       another shop of the same size (1)
  --gzip         each file as .csv.gz

Load it with: npm run seed -- --dir DIR
Exit code 1 where it cannot be written.
`

const { values } = readArguments(USAGE, {
  orders: { type: 'string' },
  users: { type: 'string' },
  dir: { type: 'string' },
  products: { type: 'string', default: '49688' },
  seed: { type: 'string', default: '1' },
  gzip: { type: 'boolean', default: false }
})

function size (name: keyof typeof MOST): number {
  const value = values[name]
  if (value === undefined) misused(`--${name} is missing`, USAGE)
  const number = wholeNumber(`--${name}`, value, USAGE)
  if (number > MOST[name]) misused(`--${name} can be ${MOST[name]} at most`, USAGE)
  return number
}

const shop = { orders: size('orders'), users: size('users'), products: size('products') }
const seed = wholeNumber('--seed', values.seed, USAGE)
if (values.dir === undefined || values.dir === '') misused('--dir is missing', USAGE)
const dir = resolve(values.dir)
/** Becomes `dir` when all of it is there. */
const unfinished = `${dir}.unfinished-${process.pid}`

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, async () => {
    await rm(unfinished, { recursive: true, force: true })
    process.exit(1)
  })
}

try {
  const there = await readdir(dir).catch((error) => { if (error.code !== 'ENOENT') throw error; return [] })
  if (there.length > 0) throw new Error(`${dir} is not empty: name another folder.`)
  await mkdir(unfinished, { recursive: true })
  const began = performance.now()
  const catalogue = await writeCatalogue(unfinished, shop.products, seed, values.gzip)
  const progress = await progressOf(shop.orders)
  const rows = await writeOrders(unfinished, shop, seed, values.gzip, progress.tell).finally(progress.stop)
  if (await stat(dir).then(() => true, () => false)) await rm(dir, { recursive: true })
  await rename(unfinished, dir)
  console.log(`${dir}: ${rows.orders} orders of ${rows.users} users, ${rows.items} items, ${rows.history} status ` +
    'changes, ' +
    `${shop.products} products (${catalogue} rows of catalogue), in ` +
      `${((performance.now() - began) / 1000).toFixed(1)} s`)
} catch (error) {
  await rm(unfinished, { recursive: true, force: true })
  console.error((error as Error).message)
  process.exitCode = 1
}

/** A bar on a terminal, else a line each tenth. */
async function progressOf (orders: number): Promise<{ tell (done: number): void, stop (): void }> {
  const cliProgress = process.stderr.isTTY ? await import('cli-progress').catch(() => undefined) : undefined
  if (cliProgress) {
    const { Presets, SingleBar } = cliProgress.default
    const bar = new SingleBar(
      {
        format: '{bar} {percentage}% {value} of {total} orders, {eta_formatted} left',
        hideCursor: true,
        clearOnComplete: true
      },
      Presets.shades_classic
    )
    bar.start(orders, 0)
    return { tell: (done) => bar.update(done), stop: () => bar.stop() }
  }
  let said = 0
  return {
    tell: (done) => {
      const tenth = Math.floor(10 * done / orders)
      if (tenth > said) console.error(`${done} of ${orders} orders`)
      said = tenth
    },
    stop: () => {}
  }
}
