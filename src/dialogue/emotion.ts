/** What the face of a device shows: the name that firmware knows and the emoji for its display. */
export interface Mood {
  readonly emotion: string
  readonly emoji: string
}

export const defaultMood: Mood = { emotion: 'happy', emoji: '🙂' }

/** The 21 faces of the firmware; it shows nothing for other names. */
export const moods: ReadonlyMap<string, string> = new Map([
  ['😂', 'funny'], ['😭', 'crying'], ['😠', 'angry'], ['😔', 'sad'], ['😍', 'loving'], ['😲', 'surprised'],
  ['😱', 'shocked'], ['🤔', 'thinking'], ['😌', 'relaxed'], ['😴', 'sleepy'], ['😜', 'silly'], ['🙄', 'confused'],
  ['😶', 'neutral'], ['🙂', 'happy'], ['😆', 'laughing'], ['😳', 'embarrassed'], ['😉', 'winking'], ['😎', 'cool'],
  ['🤤', 'delicious'], ['😘', 'kissy'], ['😏', 'confident']
])

// © ® ™ ‼ ⁉ are pictographic by Unicode and text by custom. The joiner, the variation selector,
// skin tones, flags, keycaps and tags go too: alone they would be left over as invisible
// characters.
const emojiPattern = /(?![©®™‼⁉])(?:\p{Extended_Pictographic}|[\u{1f3fb}-\u{1f3ff}\u{1f1e6}-\u{1f1ff}\u{2600}-\u{27bf}\u{fe0f}\u{200d}\u{20e3}\u{e0020}-\u{e007f}])/gu
const facePattern = /(?![©®™‼⁉])\p{Extended_Pictographic}/gu

/**
 * The mood of the first face that the firmware has; the default for other emoji; none without any.
 */
export function moodOf (text: string): Mood | undefined {
  const emojis = text.match(facePattern)
  if (emojis === null) return undefined
  for (const emoji of emojis) {
    const emotion = moods.get(emoji)
    if (emotion !== undefined) return { emotion, emoji }
  }
  return defaultMood
}

export function withoutEmoji (text: string): string {
  return text.replace(emojiPattern, '')
}
