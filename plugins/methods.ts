import type { FastifyInstance } from 'fastify'

/**
 * Watches which methods each path takes: the router knows one method at a time only.
 *
 * @returns the methods of the routes that a path matches, in alphabetical order
 */
export function watchMethods (fastify: FastifyInstance): (path: string) => string[] {
  const routes = new Map<string, { pattern: RegExp, methods: Set<string> }>()
  fastify.addHook('onRoute', ({ url, method }) => {
    const path = url.replace(/(.)\/$/, '$1')
    // The preflight of @fastify/cors matches every path.
    if (path === '*') return
    const route = routes.get(path) ?? { pattern: patternOf(path), methods: new Set() }
    for (const name of [method].flat()) route.methods.add(name)
    routes.set(path, route)
  })
  return (path) => {
    const fitting = [...routes.values()].filter(({ pattern }) => pattern.test(path))
    return [...new Set(fitting.flatMap(({ methods }) => [...methods]))].sort()
  }
}

/** As the router matches: a parameter is one part of the path, slashes that come twice or at the end count for nothing. */
function patternOf (path: string): RegExp {
  const parts = path.split('/').slice(1).map((part) =>
    part.startsWith(':') ? '[^/]+' : part === '*' ? '.*' : part.replace(/[^\w-]/g, '\\$&'))
  return new RegExp(`^/+${parts.join('/+')}/*$`)
}
