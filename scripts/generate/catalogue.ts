import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Random, scattered } from './random.ts'
import { cell, Csv } from './writer.ts'
import { DEPARTMENTS, FLAVOURS, QUALITIES } from './words.ts'

const STREAM = 1
const IMAGES = 'https://images.example.com'

const departments = Object.entries(DEPARTMENTS).map(([name, aisles], n) => ({ id: n + 1, name, aisles }))
const aisles = departments.flatMap(({ id, aisles }) => aisles.map((name) => ({ name, department: id })))
  .map((aisle, n) => ({ id: n + 1, ...aisle }))

const capital = (text: string) => text[0]!.toUpperCase() + text.slice(1)

/**
 * Writes departments, aisles and so many products with made-up names, descriptions and prices. Resolves with the number
 * of rows.
 */
export async function writeCatalogue (dir: string, products: number, seed: number, isPacked: boolean): Promise<number> {
  const enriched = 'products_enriched'
  await mkdir(join(dir, enriched))
  const files = {
    departments: new Csv(dir, 'departments_enriched.csv', 'department_id,department,description,image_url', isPacked),
    aisles: new Csv(dir, 'aisles.csv', 'aisle_id,aisle', isPacked),
    products: new Csv(dir, 'products.csv', 'product_id,product_name,aisle_id,department_id', isPacked)
  }
  const prices = departments.map(({ id }) => new Csv(
    join(dir, enriched), `enriched_products_dept${id}.csv`, 'product_id,product_name,description,price,image_url',
    isPacked))
  for (const { id, name, aisles } of departments) {
    await files.departments.add(
      `${id},${name},${cell(`${capital(aisles.slice(0, -1).join(', '))} and ${aisles.at(-1)}`)},` +
        `${IMAGES}/departments/${id}.png`
    )
  }
  for (const { id, name } of aisles) await files.aisles.add(`${id},${name}`)

  const pairs = QUALITIES.length * FLAVOURS.length
  const names = scattered(pairs)
  const inAisle = new Uint32Array(aisles.length)
  for (let id = 1; id <= products; id++) {
    const random = new Random(seed, STREAM, id)
    const aisle = random.pick(aisles)
    const place = inAisle[aisle.id - 1]!++
    const { name, description } = nameOf(names((place + 97 * aisle.id) % pairs), aisle.name, Math.floor(place / pairs))
    const price = Math.min(150, Math.max(0.5, Math.exp(1.4 + 0.7 * random.normal()))).toFixed(2)
    await files.products.add(`${id},${name},${aisle.id},${aisle.department}`)
    await prices[aisle.department - 1]!.add(`${id},${name},${cell(description)},${price},${IMAGES}/products/${id}.png`)
  }
  const all = [...Object.values(files), ...prices]
  for (const file of all) await file.end()
  return all.reduce((sum, { rows }) => sum + rows, 0)
}

/** Different for each place in an aisle; once all pairs of words are used up, with a number. */
function nameOf (pair: number, aisle: string, round: number) {
  const [quality, flavour] = [QUALITIES[pair % QUALITIES.length]!, FLAVOURS[Math.floor(pair / QUALITIES.length)]!]
  const name = `${quality} ${flavour} ${capital(aisle)}${round === 0 ? '' : ` No. ${round + 1}`}`
  return {
    name,
    description: `${capital(aisle)} with ${flavour.toLowerCase()}, ${quality.toLowerCase()}, from people who know how`
  }
}
