/** Text that is markup already; whatever else meets a template is escaped. */
export class Markup {
  readonly text: string

  constructor (text: string) {
    this.text = text
  }

  toString (): string { return this.text }
}

export type Content = Markup | string | number | undefined | readonly Content[]

/** Markup with values in it, also in attributes between double quotes. Serves SVG, too. */
export function html (parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(parts.reduce((text, part, index) => `${text}${render(values[index - 1])}${part}`))
}

/** Text as it may stand in an element, and in an attribute between quotes. */
export function escapeText (text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;')
}

function render (value: Content): string {
  if (value === undefined) return ''
  if (value instanceof Markup) return value.text
  if (typeof value === 'object') return value.map(render).join('')
  return escapeText(String(value))
}
