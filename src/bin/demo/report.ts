import type { ConversationView } from './conversation.js'

/** Where everything goes that the demo has to tell: a screen, or lines of JSON. */
export interface Report extends ConversationView {
  onServer (text: string): void
  onReplyFile (file: string, seconds: number): void
  /** Nothing is drawn after it but plain lines. */
  stop (): void
}
