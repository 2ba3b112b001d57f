import fp from 'fastify-plugin'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import type { Config } from './plugins/settings.ts'
// Plugins: what lies outside the shop, or across all of it.
import broker from './plugins/broker.ts'
import browser from './plugins/browser.ts'
import caching from './plugins/caching.ts'
import compression from './plugins/compression.ts'
import consistency from './plugins/consistency.ts'
import context from './plugins/context.ts'
import cors from './plugins/cors.ts'
import database from './plugins/database.ts'
import deadlines from './plugins/deadlines.ts'
import dryRuns from './plugins/dry-runs.ts'
import errors from './plugins/errors.ts'
import identity from './plugins/identity.ts'
import jobs from './plugins/jobs.ts'
import keys from './plugins/keys.ts'
import limits from './plugins/limits.ts'
import mailer from './plugins/mailer.ts'
import metrics from './plugins/metrics.ts'
import openapi from './plugins/openapi.ts'
import passwords from './plugins/passwords.ts'
import pressure from './plugins/pressure.ts'
import sender from './plugins/sender.ts'
import sockets from './plugins/sockets.ts'
import tracing from './plugins/tracing.ts'
import validation from './plugins/validation.ts'
// Faces: who may call, and in which form.
import { legacyFace, legacyLinks } from './routes/faces/legacy.ts'
import { managementFace } from './routes/faces/management.ts'
import { openFace } from './routes/faces/open.ts'
import { serviceFace } from './routes/faces/service.ts'
import { storefrontFace } from './routes/faces/storefront.ts'
// Domains: the shop. Each is a folder of routes/ with its routes for each face, and sql/ has a folder of the same name.
import carts from './routes/carts/index.ts'
import cartRoutes from './routes/carts/service.ts'
import ownCartRoutes from './routes/carts/storefront.ts'
import catalogue from './routes/catalogue/index.ts'
import catalogueJobs from './routes/catalogue/jobs.ts'
import catalogueRoutes from './routes/catalogue/service.ts'
import managedCatalogueRoutes from './routes/catalogue/management.ts'
import changedCatalogueRoutes from './routes/catalogue/management-bulk.ts'
import importedCatalogueRoutes from './routes/catalogue/management-import.ts'
import shownCatalogueRoutes from './routes/catalogue/storefront.ts'
import events from './routes/events/index.ts'
import eventFeed from './routes/events/feed.ts'
import eventJobs from './routes/events/jobs.ts'
import eventRoutes from './routes/events/service.ts'
import notifications from './routes/notifications/index.ts'
import emailJobs from './routes/notifications/emails.ts'
import reminderJobs from './routes/notifications/reminders.ts'
import unsubscribeRoutes from './routes/notifications/unsubscribe.ts'
import operations from './routes/operations/index.ts'
import aboutRoutes from './routes/operations/about.ts'
import housekeepingJobs from './routes/operations/housekeeping.ts'
import metricRoutes from './routes/operations/metrics.ts'
import operationRoutes from './routes/operations/management.ts'
import probeRoutes from './routes/operations/probes.ts'
import orders from './routes/orders/index.ts'
import orderRoutes from './routes/orders/service.ts'
import managedOrderRoutes from './routes/orders/management.ts'
import ownOrderRoutes from './routes/orders/storefront.ts'
import query from './routes/query/index.ts'
import queryRoutes from './routes/query/service.ts'
import users from './routes/users/index.ts'
import userRoutes from './routes/users/service.ts'
import managedUserRoutes from './routes/users/management.ts'
import ownUserRoutes from './routes/users/storefront.ts'
import webhooks from './routes/webhooks/index.ts'
import webhookJobs from './routes/webhooks/jobs.ts'
import webhookRoutes from './routes/webhooks/management.ts'
import loginRoutes from './routes/users/storefront-auth.ts'

/** In their order: hooks run as they are registered here. */
const plugins = [
  errors, context, deadlines, metrics, tracing, database, consistency, dryRuns, identity, keys, broker, caching,
  compression, cors, sockets, browser, mailer, sender, jobs, pressure, limits, openapi, passwords, validation
]
const domains = [catalogue, carts, events, webhooks, orders, users, notifications, query, operations]
const work = [catalogueJobs, eventJobs, eventFeed, webhookJobs, emailJobs, reminderJobs, housekeepingJobs]

/** What the shop's backend calls. */
const backend = [cartRoutes, catalogueRoutes, eventRoutes, orderRoutes, queryRoutes, userRoutes]

/** Who calls what: a face guards its routes, describes their access, and may rewrite what they take and return. */
const faces: { prefix: string, faces: ((fastify: FastifyInstance) => void)[], routes: FastifyPluginAsyncTypebox[] }[] =
  [
    { prefix: '/', faces: [openFace], routes: [aboutRoutes, probeRoutes, unsubscribeRoutes] },
    { prefix: '/', faces: [serviceFace], routes: [...backend, metricRoutes] },
    { prefix: '/legacy', faces: [openFace, legacyFace], routes: [aboutRoutes, probeRoutes, legacyLinks] },
    { prefix: '/legacy', faces: [serviceFace, legacyFace], routes: backend },
    {
      prefix: '/api/v1',
      faces: [managementFace],
      routes: [
        managedCatalogueRoutes, changedCatalogueRoutes, importedCatalogueRoutes, managedOrderRoutes,
        managedUserRoutes, operationRoutes, webhookRoutes
      ]
    },
    { prefix: '/api', faces: [openFace], routes: [shownCatalogueRoutes, loginRoutes] },
    { prefix: '/api', faces: [storefrontFace], routes: [ownCartRoutes, ownOrderRoutes, ownUserRoutes] }
  ]

/** The application as one plugin. */
export default fp(async (fastify: FastifyInstance, { config }: { config: Config }) => {
  fastify.decorate('config', config)
  for (const plugin of [...plugins, ...domains, ...work]) fastify.register(plugin)
  for (const { prefix, faces: applied, routes } of faces) {
    fastify.register(async (scope) => {
      for (const face of applied) face(scope)
      for (const plugin of routes) scope.register(plugin)
    }, { prefix })
  }
}, { name: 'app' })
