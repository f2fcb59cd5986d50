/** What the device can take in, with room for one more segment, is 6.5 KB. */
const MAX_ANSWER_BYTES = 6500

/** The answer to an upload, which the device hands on as the result of its tool; always short. */
export function visionAnswer (response: string): string {
  let text = cut(response, Math.min(response.length, MAX_ANSWER_BYTES))
  for (;;) {
    const json = JSON.stringify({ success: true, action: 'RESPONSE', response: text })
    const excess = Buffer.byteLength(json) - MAX_ANSWER_BYTES
    if (excess <= 0) return json
    // A character takes 12 bytes at most (a pair of escapes), so this never cuts too much at once.
    text = `${cut(text, text.length - Math.ceil(excess / 12) - 1)}…`
  }
}

/** A refusal in the words of the replaced server, which the device hands on as well. */
export function visionRefusal (message: string): string {
  return JSON.stringify({ success: false, message })
}

// Never between the halves of a surrogate pair.
function cut (text: string, length: number): string {
  const isHalf = /[\ud800-\udbff]/.test(text.charAt(length - 1))
  return text.slice(0, Math.max(0, isHalf ? length - 1 : length))
}
