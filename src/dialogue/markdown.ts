/** One line of Markdown as plain words: markers of its kind and of its inline text are gone. */
export function cleanMarkdownLine (line: string): string {
  if (/^\s*([-*_=])(?:\s*\1){2,}\s*$/.test(line)) return '' // a rule, or the underline of a heading
  const plain = line
    .replace(/^\s*(?:>\s?)+/, '')
    .replace(/^\s*#{1,6}\s+(.*?)\s*#*\s*$/, '$1')
    .replace(/^\s*[-*+•‣▪]\s+/, '')
    .replace(/^\s*\[[ xX]\]\s+/, '')
  return cleanMarkdownInline(plain)
}

/**
 * Takes the markers out of running text. A pair that a sentence end has torn apart is half a pair
 * here, so markers go singly wherever they touch a word; "3 * 4" and "snake_case" keep theirs.
 */
export function cleanMarkdownInline (text: string): string {
  return text
    .replace(/<\/?[a-z][a-z0-9]*(?:\s[^<>]*)?\/?>/gi, match => /^<\/?(?:br|p|li|div|tr|td)\b/i.test(match) ? ' ' : '')
    .replace(/!\[[^\]]*\](?:\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\]]*\])/g, '')
    .replace(/\[([^\]]*)\](?:\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\]]*\])/g, '$1')
    .replace(/\[\^[^\]]*\]/g, '')
    .replace(/\]\([^)\s]*\)?/g, ' ')
    .replace(/<?\b(?:https?|ftp):\/\/(?:www\.)?([^\s/?#<>，。！？；）)]+)[^\s<>，。！？；）]*>?/gi, spokenAddress)
    .replace(/\$\$[^$]*\$\$/g, '')
    .replace(/\$([^$\n]*[\\^_={}+][^$\n]*)\$/g, '$1')
    .replace(/\\([\\`*_{}[\]()#+\-.!|>~$])/g, '$1')
    .replace(/`+/g, '')
    .replace(/\*{2,}|_{2,}|~{2,}/g, '')
    .replace(/(^|\s|[\p{P}\p{L}])\*(?=\S)|(\S)\*(?=\s|\p{P}|\p{L}|$)/gu, '$1$2')
    .replace(/(?<![\p{L}\p{N}_])_+(?=[\p{L}\p{N}])|(?<=[\p{L}\p{N}\p{P}])_+(?![\p{L}\p{N}_])/gu, '')
    .replace(/_/g, ' ')
    .replace(/[[\]【】]/g, '')
}

export function isTableRow (line: string): boolean {
  return /^\s*\|.*\S/.test(line)
}

/** `| --- | :-: |` */
export function isTableRule (line: string): boolean {
  return /^[\s|:-]+$/.test(line)
}

export function tableCells (line: string): string[] {
  const inner = line.trim().replace(/^\|/, '').replace(/\|$/, '')
  return inner.split(/(?<!\\)\|/).map(cell => cell.trim())
}

// Nobody wants to hear a path: the host is what a listener can use.
function spokenAddress (address: string, host: string): string {
  const tail = /[.,!?;:]+>?$/.exec(address)?.[0].replace('>', '') ?? ''
  return host.replace(/[.,!?;:]+$/, '') + tail
}
