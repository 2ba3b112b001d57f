import type { Config } from '../plugins/settings.ts'

/** A shorter password is part of ordinary words, which the log must go on saying. */
const MIN_LENGTH = 8

/** User and password of an address; also of one that names several hosts, which URL does not read. */
const LOGIN = /^\w+:\/\/([^:/@]*):(.*)@/

/**
 * Takes the secrets of the settings out of a text: keys, SECRET_KEY, the passwords in addresses, also as they stand in
 * a URL, in JSON, or in a mail client's base64. The last line of defence where others write the text: a mail server may
 * repeat what it was told.
 */
export function secretMask (config: Config): (text: string) => string {
  const {
    API_KEYS, ADMIN_API_KEYS, SECRET_KEY, DATABASE_URL, READ_DATABASE_URL, QUERY_DATABASE_URL, SMTP_URL, RABBITMQ_URL
  } = config
  const passwords =
    [DATABASE_URL, ...READ_DATABASE_URL, QUERY_DATABASE_URL, SMTP_URL, RABBITMQ_URL].flatMap((url = '') => {
      const [, user = '', password = ''] = LOGIN.exec(url) ?? []
      if (user === password) return []
      const plain = decoded(password)
      return [password, plain, base64(plain), base64(`\0${decoded(user)}\0${plain}`)]
    })
  const secrets = [...API_KEYS, ...ADMIN_API_KEYS, SECRET_KEY, ...passwords].filter(
    (secret) => secret.length >= MIN_LENGTH
  )
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)])
    // The longest first: one may be the beginning of another.
    .sort((one, other) => other.length - one.length)
  const forms = [...new Set(secrets)]
  return (text) => forms.reduce((masked, form) => masked.replaceAll(form, '***'), text)
}

const base64 = (text: string) => Buffer.from(text).toString('base64')

function decoded (text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
