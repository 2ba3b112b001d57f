import { Type } from '@sinclair/typebox'
import {
  kept, Moment, nullable, object, oneOf, optional, OrderId, PageInfo, ref, Text, Timestamp, UserId
} from '../../schemas.ts'
import { Status } from '../orders/schema.ts'

const profile = {
  phone_number: Text(64),
  street_address: Text(255),
  city: Text(255),
  postal_code: Text(32),
  country: Text(255)
}
const Days = Type.Integer({ minimum: 1, maximum: 365, examples: [7] })
const Name = Text(255, { title: 'PersonName', minLength: 1, pattern: '\\S', examples: ['Ada'] })

export const Email = Text(254, { title: 'EmailAddress', format: 'idn-email', examples: ['ada@example.com'] })
export const Password = Text(1024, { examples: ['password'] })
export const NewPassword = Text(1024, {
  title: 'NewPassword', minLength: 8, examples: ['correct horse battery staple']
})

const ReminderSettings = {
  days_between_order_notifications: kept(Days),
  order_notifications_start_date_time: kept(Timestamp),
  order_notifications_via_email: kept(Type.Boolean())
}

/** What a caller may change of a user. Never email or password: those have routes of their own. */
export const UserChanges = object('UserChanges', {
  first_name: kept(Name),
  last_name: kept(Name),
  phone_number: optional(profile.phone_number),
  street_address: optional(profile.street_address),
  city: optional(profile.city),
  postal_code: optional(profile.postal_code),
  country: optional(profile.country),
  ...ReminderSettings
}, { examples: [{ city: 'Berlin', days_between_order_notifications: 14 }] })

export const NotificationSettings = object('NotificationSettingsChanges', ReminderSettings, {
  examples: [{ days_between_order_notifications: 14, order_notifications_via_email: true }]
})

export const NewUser = Type.Object({
  ...UserChanges.properties, first_name: Name, last_name: Name, email_address: Email
})
export const NewUserWithPassword = object('NewUser', { ...NewUser.properties, password: NewPassword }, {
  examples: [{
    first_name: 'Ada',
    last_name: 'Lovelace',
    email_address: 'ada@example.com',
    password: 'correct horse battery staple',
    city: 'London'
  }]
})
export const Login = object('Login', { email_address: Email, password: Password }, {
  examples: [{ email_address: 'demo@example.com', password: 'password' }]
})
export const UserDeletion = object('UserDeletion', { password: Password }, { examples: [{ password: 'password' }] })
export const PasswordChange = object('PasswordChange', { current_password: Password, new_password: NewPassword }, {
  examples: [{ current_password: 'password', new_password: 'correct horse battery staple' }]
})
export const EmailChange = object('EmailChange', { current_password: Password, new_email_address: Email }, {
  examples: [{ current_password: 'password', new_email_address: 'demo2@example.com' }]
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
}, {
  examples: [{
    user_id: UserId.examples[0],
    first_name: 'Demo',
    last_name: 'Shopper',
    email_address: 'demo@example.com',
    phone_number: '+44 117 496 0100',
    street_address: '12 Harbour Lane',
    city: 'Bristol',
    postal_code: 'BS1 4ZZ',
    country: 'United Kingdom',
    days_between_order_notifications: 7,
    order_notifications_start_date_time: '2026-10-29T07:41:12+00:00',
    order_notifications_next_scheduled_time: '2026-11-26T07:41:12+00:00',
    pending_order_notification: false,
    order_notifications_via_email: false,
    last_notification_sent_at: null,
    last_notifications_viewed_at: null,
    last_login: '2026-11-21T09:30:00.123456+00:00'
  }]
})
export const UserPage = object('UserPage', { users: Type.Array(ref(User)), ...PageInfo }, {
  examples: [{ users: User.examples, total: 20, limit: 1, offset: 0, has_next: true, has_prev: false }]
})
export const LoggedIn = Type.Intersect([ref(User), Type.Object({ has_active_cart: Type.Boolean() })], {
  $id: 'LoggedInUser',
  examples: [{ ...User.examples[0], has_active_cart: true }]
})

/** What is left to say of a user's change. */
const about = { message: Type.String(), user_id: UserId }
const demo: string = UserId.examples[0]!
export const UserDeleted = object('UserDeleted', { ...about, deleted: Type.Boolean() }, {
  examples: [{ message: 'User deleted successfully', user_id: demo, deleted: true }]
})
export const PasswordChanged = object('PasswordChanged', { ...about, password_updated: Type.Boolean() }, {
  examples: [{ message: 'Password updated successfully', user_id: demo, password_updated: true }]
})
export const EmailChanged = object('EmailChanged', { ...about, email_address: Type.String() }, {
  examples: [{ message: 'Email updated successfully', user_id: demo, email_address: 'demo2@example.com' }]
})

export const UserNotificationSettings = object('NotificationSettings', {
  message: Type.Optional(Type.String({ description: 'after a change only' })),
  ...Type.Pick(User, [
    'user_id', 'days_between_order_notifications', 'order_notifications_start_date_time',
    'order_notifications_via_email',
    'order_notifications_next_scheduled_time', 'pending_order_notification', 'last_notification_sent_at'
  ]).properties
}, {
  examples: [{
    user_id: demo,
    days_between_order_notifications: 7,
    order_notifications_start_date_time: '2026-10-29T07:41:12+00:00',
    order_notifications_via_email: true,
    order_notifications_next_scheduled_time: '2026-11-26T07:41:12+00:00',
    pending_order_notification: false,
    last_notification_sent_at: '2026-11-19T07:42:00.123456+00:00'
  }]
})

export const StatusChangeOfOrder = object('OrderStatusNotification', {
  order_id: OrderId, status: Status, changed_at: Moment
})
export const StatusChangesOfOrders = Type.Array(ref(StatusChangeOfOrder), {
  $id: 'OrderStatusNotifications',
  examples: [[{ order_id: '3422000', status: 'shipped', changed_at: '2026-11-21T11:45:00.123456+00:00' }]]
})

const Entries = Type.Array(Type.Object({}, { additionalProperties: true }))
export const UserExport = object('UserExport', {
  exported_at: Moment,
  user: Type.Object({}, { additionalProperties: true, description: 'the user’s own row, without credentials' }),
  cart: nullable(Type.Object({}, { additionalProperties: true })),
  orders: Entries,
  reminders: Entries,
  emails: Entries
}, {
  examples: [{
    exported_at: '2026-11-21T09:30:00.123456+00:00',
    user: { user_id: demo, first_name: 'Demo', last_name: 'Shopper', email_address: 'demo@example.com' },
    cart: null,
    orders: [{ order_id: '3422000', status: 'delivered', total_price: 6.98 }],
    reminders: [],
    emails: []
  }]
})

/** What the routes of users refer to by name. */
export const userSchemas = [
  UserChanges, NotificationSettings, NewUserWithPassword, Login, UserDeletion, PasswordChange, EmailChange, User,
  UserPage, LoggedIn, UserDeleted,
  PasswordChanged, EmailChanged, UserNotificationSettings, StatusChangeOfOrder, StatusChangesOfOrders, UserExport
]

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
}, {
  examples: [{
    id: 1,
    user_id: UserId.examples[0],
    email: 'demo@example.com',
    full_name: 'Demo Shopper',
    created_at: '2026-11-21T09:30:00.123456+00:00'
  }]
})
export const ManagedUserPage = object('ManagedUserPage', {
  items: Type.Array(ref(ManagedUser)),
  total: Type.Integer({ description: 'exact number of all users that match' }),
  limit: Type.Integer(),
  offset: Type.Integer()
}, { examples: [{ items: ManagedUser.examples, total: 20, limit: 1, offset: 0 }] })
export const ManagedUserRow = Type.Object({ version: Type.Integer(), ...ManagedUser.properties })

export const IdentityChanges = object('ManagedUserChanges', {
  email: kept(Email),
  full_name: kept(Text(255, {
    minLength: 1,
    pattern: '\\S',
    examples: ['Ada King Lovelace'],
    description: 'the last word is the last name, what stands before it the first; a single word is a first name'
  }))
}, { minProperties: 1, examples: [{ email: 'ada@example.com', full_name: 'Ada Lovelace' }] })
