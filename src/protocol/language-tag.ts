/** The language of a locale or an `Accept-Language` header, or undefined when there is none. */
export function primarySubtag (tag: string): string | undefined {
  return /^\s*([A-Za-z]{2,3})(?![A-Za-z])/.exec(tag)?.[1]?.toLowerCase()
}
