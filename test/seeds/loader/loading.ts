import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import csv from 'csv-parser'
import type { Sql } from 'postgres'
import type { Test } from 'tap'
import { createClient } from '../../../database/client.ts'
import { loadFolder, type LoadOptions } from '../../../seeds/loader/index.ts'
import type { LoadReport } from '../../../seeds/loader/reports.ts'
import { freshDatabase } from '../../helper.ts'

export const NAMESPACE = 'cafebabe-1234-4abc-8def-c0ffeefeed01'

/** A small shop that fits, to put one other file beside. */
export const SHOP = {
  'departments.csv': 'department_id,department\n1,frozen\n2,bakery\n',
  'aisles.csv': 'aisle_id,aisle\n1,ice\n2,bread\n',
  'products.csv': 'product_id,product_name,aisle_id,department_id\n1,Ice cream,1,1\n2,Rye bread,2,2\n3,Bun,2,2\n',
  'products_enriched/enriched_products_dept1.csv':
    'product_id,product_name,description,price,image_url\n1,Ice cream,Cold,4.50,https://example.com/1.png\n',
  'products_enriched/enriched_products_dept2.csv':
    'product_id,product_name,description,price,image_url\n2,Rye bread,Dark,2.25,\n',
  'users_demo.csv':
    'user_id,first_name,last_name,email_address,phone_number,street_address,city,postal_code,country,last_login\n' +
    '7,Ada,Byron,ada@example.com,555,1 Main St,London,N1,UK,2026-01-01 ' +
      '10:00:00+00:00\n8,Bob,Ross,bob@example.com,,,,,,\n',
  'orders_demo.csv':
    'order_id,user_id,eval_set,order_number,order_dow,order_hour_of_day,days_since_prior_order,created_at\n' +
    '11,7,prior,1,2,14,,2026-02-01 ' +
      '10:00:00+00:00\n12,7,prior,2,3,9,7.0,2026-02-08T10:00:00Z\n13,8,train,1,0,0,,2026-02-09 10:00:00\n',
  'order_items_demo.csv': 'order_id,product_id,add_to_cart_order,reordered\n11,1,1,0\n11,2,2,0\n12,2,1,1\n12,3,2,0\n',
  'orders_demo_status_history.csv': 'order_id,status,changed_at\n11,pending,2026-02-01 10:00:00+00:00\n' +
    '11,shipped,2026-02-02 10:00:00+00:00\n11,delivered,2026-02-03 10:00:00+00:00\n12,pending,2026-02-08 ' +
      '10:00:00+00:00\n'
}

/** Files by name; undefined leaves one of the shop's out. */
export type Files = Record<string, string | Buffer | undefined>

export interface Loader {
  sql: Sql
  url: string
  /** Writes the files to a folder of their own. */
  folder (files: Files): Promise<string>
  /** Loads files, on a connection of its own. */
  load (files: Files, options?: Partial<LoadOptions>): Promise<LoadReport>
  /** The server process of the load under way. */
  pid: number
  /** The rows of a reject report, as [line, reason, row]. */
  rejects (file: string): Promise<string[][]>
  rejectsDir: string
}

/** A migrated database without a single row, and a way to load files into it. */
export async function openLoader (t: Test): Promise<Loader> {
  const loader = await loaderOn(t, await freshDatabase(t))
  await loader.sql`truncate users.users, users.user_counts, products.departments, products.aisles, products.products,
    products.product_counts, orders.orders, orders.order_totals restart identity cascade`
  return loader
}

/** A way to load files into a database. */
export async function loaderOn (t: Test, url: string): Promise<Loader> {
  // Under another name than a gateway's, while whose sessions there are a reset refuses.
  const sql = createClient(url, { max: 1, statementTimeout: 0, settings: { application_name: 'test' } }) as Sql
  t.teardown(async () => await sql.end({ timeout: 5 }))
  const home = await mkdtemp(join(tmpdir(), 'loader-'))
  t.teardown(async () => await rm(home, { recursive: true, force: true }))
  const rejectsDir = join(home, 'rejects')
  const folder = async (files: Files) => {
    const dir = await mkdtemp(join(home, 'files-'))
    for (const [name, content] of Object.entries(files)) {
      if (content === undefined) continue
      await mkdir(dirname(join(dir, name)), { recursive: true })
      await writeFile(join(dir, name), content)
    }
    return dir
  }
  const loader: Loader = {
    sql,
    url,
    pid: 0,
    folder,
    rejectsDir,
    load: async (files, options = {}) => {
      const client = createClient(url, { max: 1, statementTimeout: 0 }) as Sql
      try {
        const [backend] = await client<{ pid: number }[]>`select pg_backend_pid() as pid`
        loader.pid = backend!.pid
        return await loadFolder(client, {
          dir: await folder(files), rejectsDir, userUuidNamespace: NAMESPACE, ...options
        })
      } finally {
        await client.end({ timeout: 1 })
      }
    },
    rejects: async (file) => {
      const rows: string[][] = []
      for await (const row of createReadStream(join(rejectsDir, file)).compose(csv())) {
        rows.push([row.line, row.reason, row.row])
      }
      return rows
    }
  }
  return loader
}

/** Loaded, replaced, rejected of one file. */
export function counts (report: LoadReport, name: string): number[] {
  const file = report.files.find((entry) => entry.file === name)
  return file ? [file.loaded, file.replaced, file.rejected] : []
}
