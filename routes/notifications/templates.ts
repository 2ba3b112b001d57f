import type { Static } from '@sinclair/typebox'
import type { WaitingEmail } from './index.ts'
import { html, type Html } from './html.ts'

export interface Frame {
  /** The shop's name. */
  shop: string
  unsubscribeUrl: string
}

interface Rendered { subject: string, text: string, html: string }

type Order = NonNullable<Static<typeof WaitingEmail>['order']>

const TITLES: Record<Order['status'], string> = {
  pending: 'is waiting',
  paid: 'is paid',
  confirmed: 'is confirmed',
  processing: 'is being packed',
  shipped: 'is on its way',
  delivered: 'has arrived',
  cancelled: 'is cancelled',
  failed: 'could not be completed',
  return_requested: ': we have your return request',
  returned: 'has come back to us',
  refunded: 'is refunded'
}

/** The subject, text and HTML of an email: a reminder, or what became of an order. */
export function renderEmail (email: Static<typeof WaitingEmail>, frame: Frame): Rendered {
  const name = oneLine(email.first_name)
  return email.order
    ? renderStatus(name, email.order, frame)
    : renderReminder(name, (email.usual_products?.names ?? []).map(oneLine), frame)
}

function renderReminder (name: string, usual: string[], frame: Frame): Rendered {
  const lead = 'it is time to think about your next order.'
  return {
    subject: `Time for your next order at ${oneLine(frame.shop)}`,
    text: paragraphs(
      `Hello ${name},`,
      lead,
      usual.length > 0 && `You often have:\n${usual.map((product) => `  - ${product}`).join('\n')}`,
      foot(frame)),
    html: page(frame, 'Time for your next order', html`
      <p>Hello ${name},</p>
      <p>${lead}</p>
      ${usual.length > 0
        ? html`<p>You often have:</p><ul style="padding-left:20px">${usual.map(
          (product) => html`<li>${product}</li>`
        )}</ul>`
        : null}`)
  }
}

function renderStatus (name: string, order: Order, frame: Frame): Rendered {
  const title = `Your order ${order.order_id} ${TITLES[order.status]}`.replace(' :', ':')
  const tracking = oneLine([order.shipping_carrier, order.tracking_number].filter(Boolean).join(' '))
  const link = webLink(order.tracking_url)
  const charges = [['Shipping', order.shipping], ['Tax', order.tax], ['Discount', -order.discount]] as const
  const extra = charges.filter(([, amount]) => amount !== 0)
    .map(([label, amount]) => ({ label, sum: money(cents(amount)) }))
  const lines = order.items.map(
    (item) => ({
      ...item,
      product_name: oneLine(item.product_name),
      sum: item.price === null ? '' : money(cents(item.price) * item.quantity)
    })
  )
  return {
    subject: `${title} (${oneLine(frame.shop)})`,
    text: paragraphs(
      `Hello ${name},`,
      `${lowerFirst(title)}.`,
      tracking && `Tracking: ${tracking}`,
      link && `Follow it: ${link}`,
      [
        ...lines.map((line) => `  ${line.quantity} x ${line.product_name}  ${line.sum}`.trimEnd()),
        ...extra.map(({ label, sum }) => `  ${label}  ${sum}`), `  Total  ${money(cents(order.total))}`
      ].join('\n'),
      foot(frame)),
    html: page(frame, title, html`
      <p>Hello ${name},</p>
      <p>${lowerFirst(title)}.</p>
      ${tracking ? html`<p>Tracking: ${tracking}</p>` : null}
      ${link ? html`<p><a href="${link}" style="color:#1a6b4a">Follow your parcel</a></p>` : null}
      <table role="presentation" style="width:100%;border-collapse:collapse">
        ${lines.map(
          (line) =>
            html`<tr><td style="${CELL}">${line.quantity} × ${line.product_name}</td>
            <td style="${CELL};text-align:right">${line.sum}</td></tr>`
        )}
        ${extra.map(
          ({ label, sum }) =>
            html`<tr><td style="${CELL}">${label}</td><td style="${CELL};text-align:right">${sum}</td></tr>`
        )}
        <tr><td style="padding:8px 0"><strong>Total</strong></td>
          <td style="padding:8px 0;text-align:right"><strong>${money(cents(order.total))}</strong></td></tr>
      </table>`)
  }
}

const CELL = 'padding:6px 0;border-bottom:1px solid #eee'

/** Mail programs know little CSS and no style sheets. */
function page (frame: Frame, title: string, body: Html): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title></head>
<body style="margin:0;background:#f5f5f2;color:#222;line-height:1.5;
  font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif">
  <div style="max-width:560px;margin:0 auto;padding:24px">
    <p style="margin:0 0 12px;font-weight:600;color:#1a6b4a">${frame.shop}</p>
    <div style="background:#fff;border-radius:8px;padding:24px">
      <h1 style="margin:0 0 16px;font-size:20px">${title}</h1>${body}
    </div>
    <p style="font-size:12px;color:#777">You get this because you asked for emails.
      <a href="${frame.unsubscribeUrl}" style="color:#777">Unsubscribe</a></p>
  </div>
</body></html>
`.text
}

const foot = (frame: Frame) =>
  `${frame.shop}\nYou get this because you asked for emails. Unsubscribe: ${frame.unsubscribeUrl}`

const paragraphs = (...parts: (string | false | null)[]) => `${parts.filter(Boolean).join('\n\n')}\n`

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1)

/** What people write stays on its line: paragraphs of their own would pass for the shop's. */
const oneLine = (text: string) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')

/** Prices come with two decimals at most: whole cents, so that sums are exact. */
const cents = (price: number) => Math.round(price * 100)

const money = (amount: number) => (amount / 100).toFixed(2)

/** Whoever may change an order chose the address: only the web, no `javascript:`. */
const webLink = (url: string | null) => url !== null && /^https?:\/\/[^\s\p{Cc}]+$/u.test(url) ? url : null
