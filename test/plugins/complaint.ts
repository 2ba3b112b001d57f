import { ConfigError, loadConfig } from '../../plugins/settings.ts'

/** The least that production asks for. */
export const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://shop:secret@db/shop',
  API_KEYS: 'a-key-of-16-chars',
  SECRET_KEY: '0123456789abcdef0123456789abcdef'
}

/** What loading these settings complains about. */
export function complaint (env: NodeJS.ProcessEnv): string {
  try {
    loadConfig(env)
    return ''
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}
