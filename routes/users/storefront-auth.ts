import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { Email, NewPassword, NewUser, Password } from './schema.ts'
import { limits } from '../../plugins/limits.ts'
import { object, oneOf, ref } from '../../schemas.ts'
import { BODY, responses } from '../faces/responses.ts'

const tags = ['Storefront: accounts']

const Account = {
  id: Type.String({ description: 'the user_id' }),
  email: Type.String(),
  firstName: Type.String(),
  lastName: Type.String(),
  role: oneOf(['customer', 'admin'] as const)
}
const Answer = { message: Type.String(), token: Type.String({ description: 'for Authorization: Bearer' }) }

const exampleAccount = {
  id: '54e02e9f-e6c8-50c3-9b2e-87f37ee5b745',
  email: 'demo@example.com',
  firstName: 'Demo',
  lastName: 'Shopper',
  role: 'customer'
}
/** A JWT is longer; this one is no token that any gateway issued. */
const token = 'eyJhbGciOiJIUzI1NiJ9.eyJ1c2VySWQiOiI1NGUwMmU5ZiJ9.c2lnbmF0dXJl'

const { first_name: FirstName, last_name: LastName } = NewUser.properties
const Registration = object('Registration',
  { email: Email, password: NewPassword, firstName: FirstName, lastName: LastName }, {
    examples: [
      { email: 'ada@example.com', password: 'correct horse battery staple', firstName: 'Ada', lastName: 'Lovelace' }
    ]
  })
const Registered = object('RegisteredCustomer', { ...Answer, user: Type.Object(Account) }, {
  examples: [{ message: 'Registered successfully', token, user: exampleAccount }]
})
const CustomerLogin = object('CustomerLogin', { email: Email, password: Password }, {
  examples: [{ email: 'demo@example.com', password: 'password' }]
})
const LoggedInCustomer = object('LoggedInCustomer', {
  ...Answer, user: Type.Object({ ...Account, pending_order_notification: Type.Boolean() })
}, {
  examples: [
    { message: 'Logged in successfully', token, user: { ...exampleAccount, pending_order_notification: false } }
  ]
})

/** What these routes refer to by name. */
export const accountSchemas = [Registration, Registered, CustomerLogin, LoggedInCustomer]

interface Person { user_id: string, email_address: string, first_name: string, last_name: string }

const accountOf = (user: Person, role: 'customer' | 'admin') => ({
  id: user.user_id, email: user.email_address, firstName: user.first_name, lastName: user.last_name, role
})

/** Registering and logging in: what a shop front gets its tokens from. */
const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.post('/auth/register', {
    config: { rateLimit: limits.registration },
    schema: {
      operationId: 'registerCustomer',
      summary: 'Register a customer',
      description: 'Who is logged in at once: the token goes into Authorization: Bearer.',
      tags,
      body: ref(Registration),
      response: responses({ 201: ref(Registered) }, 'EMAIL_ALREADY_EXISTS', ...BODY)
    }
  }, async (request, reply) => {
    const { email, password, firstName, lastName } = request.body
    const user = await fastify.users.create({ email_address: email, first_name: firstName, last_name: lastName },
      password, 'storefront')
    const token = fastify.issueToken({ ...user, role: 'customer', password_changed_us: null })
    return reply.code(201).send({ message: 'Registered successfully', token, user: accountOf(user, 'customer') })
  })

  fastify.post('/auth/login', {
    schema: {
      operationId: 'logInCustomer',
      summary: 'Log in',
      description:
        'The token goes into Authorization: Bearer. A pending reminder counts as delivered: this response still says ' +
          'true, the next no more.',
      tags,
      body: ref(CustomerLogin),
      response: responses({ 200: ref(LoggedInCustomer) }, 'INVALID_CREDENTIALS', ...BODY)
    }
  }, async (request, reply) => {
    const { email, password } = request.body
    const user = await fastify.throttleGuesses(request, reply, email,
      async () => await fastify.users.logIn(email, password))
    const { pending_order_notification: pending, role } = user
    return {
      message: 'Logged in successfully',
      token: fastify.issueToken(user),
      user: { ...accountOf(user, role), pending_order_notification: pending }
    }
  })
}

export default routes
