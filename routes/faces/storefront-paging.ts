import { Type } from '@sinclair/typebox'

const PageSize = Type.Integer({ minimum: 1, maximum: 100 })
const DEFAULT_SIZE = 20

/** Pages from 1. An offset behind them: pages far back get slower. */
export const Page = Type.Integer({ minimum: 1, maximum: 10_000_000, default: 1, description: 'from 1' })

export const PageLimit = Type.Integer({ ...PageSize, default: DEFAULT_SIZE, description: 'entries a page' })

/** Both dialects of the older order services. */
export const OrderPaging = {
  page: Page,
  limit: Type.Optional({ ...PageSize, description: `entries a page; ${DEFAULT_SIZE} where neither is sent` }),
  per_page: Type.Optional({ ...PageSize, description: 'the same by another name; limit wins' })
}

export const sizeOf = ({ limit, per_page: perPage }: { limit?: number, per_page?: number }) => limit ?? perPage ??
  DEFAULT_SIZE

export const pagesOf = (total: number, limit: number) => Math.ceil(total / limit)
