import { join } from 'node:path'

/** How autoload mounts a face: a folder of routes, with the access rule and the shapes of its autohooks.ts. */
export const face = (folder: string, prefix: string) => ({
  dir: join(import.meta.dirname, folder),
  options: { prefix },
  autoHooks: true,
  cascadeHooks: true,
  routeParams: false
})
