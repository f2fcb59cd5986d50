export interface Alert { readonly status: string, readonly message: string, readonly emotion: string }

/** What is shown from a time of the audio on. The keys are those of the wire. */
export interface Subtitle { readonly start_ms: number, readonly text: string }

/** What an operator wants a device to do that is connected, or at rest on MQTT. */
export type Order =
  /** Says this text, in the voice of the answers. */
  | { readonly kind: 'speak', readonly text: string }
  /** Fetches an Ogg Opus file and plays it, if its firmware can. */
  | { readonly kind: 'notify', readonly audioUrl: string, readonly subtitles: readonly Subtitle[] }
  | { readonly kind: 'alert', readonly alert: Alert }
  | { readonly kind: 'reboot' }
  | { readonly kind: 'custom', readonly payload: Readonly<Record<string, unknown>> }

/**
 * What became of it. `sent`: the message left, and this protocol has no more to tell. `spoken`: the
 * device has played it to the end. `cut`: somebody spoke or the device left before the end. `busy`:
 * it would have talked over somebody. `unable`: its firmware is too old for it, or did not open the
 * audio channel when asked. `offline`: it is not connected.
 */
export type Receipt = 'sent' | 'spoken' | 'cut' | 'busy' | 'unable' | 'offline'
