import type { Order } from '../core/orders.js'
import { isNewerVersion } from '../protocol/firmware-version.js'
import { alertMessage, customMessage, notifyMessage, rebootMessage } from '../protocol/server-message.js'

/** What a device is sent; of speech it is told in other ways. */
export type MessageOrder = Exclude<Order, { readonly kind: 'speak' }>

/** From this version on a device plays what `notify` names. */
const FIRST_TO_NOTIFY = '2.5.0'

/** @param sessionId empty for a device at rest */
export function orderMessage (sessionId: string, order: MessageOrder): string {
  switch (order.kind) {
    case 'alert': return alertMessage(sessionId, order.alert)
    case 'notify': return notifyMessage(order.audioUrl, order.subtitles)
    case 'custom': return customMessage(sessionId, order.payload)
    case 'reboot': return rebootMessage(sessionId)
  }
}

/** Is it known that this firmware would ignore the order? */
export function isBeyond (firmwareVersion: string | undefined, order: Order): boolean {
  return order.kind === 'notify' && firmwareVersion !== undefined && isNewerVersion(FIRST_TO_NOTIFY, firmwareVersion)
}
