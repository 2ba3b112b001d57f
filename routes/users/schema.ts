import { Type } from '@sinclair/typebox'
import { kept, Moment, nullable, object, oneOf, optional, Text, Timestamp, UserId } from '../../schemas.ts'

const profile = {
  phone_number: Text(64),
  street_address: Text(255),
  city: Text(255),
  postal_code: Text(32),
  country: Text(255)
}
const Days = Type.Integer({ minimum: 1, maximum: 365, examples: [7] })
const Name = Text(255, { minLength: 1, pattern: '\\S', examples: ['Ada'] })

export const Email = Text(254, { format: 'idn-email', examples: ['ada@example.com'] })
export const Password = Text(1024, { examples: ['password'] })
export const NewPassword = Text(1024, { minLength: 8, examples: ['correct horse battery staple'] })

const ReminderSettings = {
  days_between_order_notifications: kept(Days),
  order_notifications_start_date_time: kept(Timestamp),
  order_notifications_via_email: kept(Type.Boolean())
}

/** What a caller may change of a user. Never email or password: those have routes of their own. */
export const UserChanges = Type.Object({
  first_name: kept(Name),
  last_name: kept(Name),
  phone_number: optional(profile.phone_number),
  street_address: optional(profile.street_address),
  city: optional(profile.city),
  postal_code: optional(profile.postal_code),
  country: optional(profile.country),
  ...ReminderSettings
}, { examples: [{ city: 'Berlin', days_between_order_notifications: 14 }] })

export const NotificationSettings = Type.Object(ReminderSettings, {
  examples: [{ days_between_order_notifications: 14, order_notifications_via_email: true }]
})

export const NewUser = Type.Object({
  ...UserChanges.properties, first_name: Name, last_name: Name, email_address: Email
})

/** A user as every face of the gateway may show it. */
export const User = object('User', {
  user_id: UserId,
  first_name: Type.String(),
  last_name: Type.String(),
  email_address: Type.String(),
  phone_number: nullable(Type.String()),
  street_address: nullable(Type.String()),
  city: nullable(Type.String()),
  postal_code: nullable(Type.String()),
  country: nullable(Type.String()),
  days_between_order_notifications: Type.Integer(),
  order_notifications_start_date_time: Moment,
  order_notifications_next_scheduled_time: Moment,
  pending_order_notification: Type.Boolean(),
  order_notifications_via_email: Type.Boolean(),
  last_notification_sent_at: nullable(Moment),
  last_notifications_viewed_at: nullable(Moment),
  last_login: nullable(Moment)
})

/** A row of users.public_users: the same with the internal id, which no response has, and what its ETag is made of. */
export const UserRow = Type.Object({ id: Type.Integer(), version: Type.Integer(), ...User.properties })
export const LoginRow = Type.Object({
  ...UserRow.properties,
  has_active_cart: Type.Boolean(),
  role: oneOf(['customer', 'admin'] as const),
  password_changed_us: nullable(Type.Integer({ description: 'microseconds since 1970' }))
})

export const Credentials = Type.Object({ user_id: Type.String(), hashed_password: nullable(Type.String()) })

/** A user as the back office sees one: with the internal id. */
export const ManagedUser = object('ManagedUser', {
  id: Type.Integer({ description: 'the internal id' }),
  user_id: UserId,
  email: Type.String(),
  full_name: Type.String(),
  created_at: Moment
})
export const ManagedUserRow = Type.Object({ version: Type.Integer(), ...ManagedUser.properties })

export const IdentityChanges = Type.Object({
  email: kept(Email),
  full_name: kept(Text(255, {
    minLength: 1,
    pattern: '\\S',
    examples: ['Ada King Lovelace'],
    description: 'the last word is the last name, what stands before it the first; a single word is a first name'
  }))
}, { minProperties: 1, examples: [{ email: 'ada@example.com', full_name: 'Ada Lovelace' }] })
