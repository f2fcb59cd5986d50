import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import CodecParser from 'codec-parser'
import { parse } from 'yaml'
import { opusPacketMs } from '../../native-bindings/opus-packet.js'
import type { Prompt, PromptName, Prompts } from '../session/ports.js'

/** The frame length in which the packets are kept. */
export const PROMPT_FRAME_MS = 60
const FALLBACK_LANGUAGE = 'en'

/** The sentences that must be heard when nothing can be synthesised, by language. */
export class PromptLibrary implements Prompts {
  readonly #prompts: ReadonlyMap<string, Prompt>

  constructor (prompts: ReadonlyMap<string, Prompt>) {
    this.#prompts = prompts
  }

  /**
   * Reads `prompts.yaml` and the Ogg Opus files beside it.
   * @param fit makes the packets fit another frame length, where that is configured
   */
  static async load (folder: string, fit: (packets: readonly Uint8Array[]) => Promise<readonly Uint8Array[]>): Promise<PromptLibrary> {
    const texts = parse(await readFile(join(folder, 'prompts.yaml'), 'utf8')) as Record<string, Record<string, string>>
    const prompts = new Map<string, Prompt>()
    for (const [language, sentences] of Object.entries(texts)) {
      for (const [name, text] of Object.entries(sentences)) {
        const packets = opusPackets(await readFile(join(folder, language, `${name}.opus`)))
        prompts.set(`${language}/${name}`, { text, packets: await fit(packets) })
      }
    }
    return new PromptLibrary(prompts)
  }

  find (name: PromptName, language: string): Prompt { return this.#find(name, language) }

  activation (code: string, language: string): Prompt {
    // The digits are of the language of the sentence, whichever that is.
    const spoken = this.#prompts.has(`${language}/activate`) ? language : FALLBACK_LANGUAGE
    const digits = [...code].filter(character => character >= '0' && character <= '9')
    const parts = [this.#find('activate', spoken), ...digits.map(digit => this.#find(`digit${digit}`, spoken))]
    return { text: `${parts[0]!.text} ${digits.join(' ')}`, packets: parts.flatMap(part => part.packets) }
  }

  #find (name: string, language: string): Prompt {
    const prompt = this.#prompts.get(`${language}/${name}`) ?? this.#prompts.get(`${FALLBACK_LANGUAGE}/${name}`)
    if (prompt === undefined) throw new RangeError(`there is no prompt "${name}"`)
    return prompt
  }
}

// The encoder may end a file with a shorter packet: silence, and no device is sent mixed lengths.
function opusPackets (file: Buffer): Uint8Array[] {
  const parser = new CodecParser('application/ogg', { enableFrameCRC32: false })
  const pages = parser.parseAll(file) as readonly { readonly codecFrames?: readonly { readonly data: Uint8Array }[] }[]
  const packets = pages.flatMap(page => page.codecFrames ?? []).map(frame => Uint8Array.from(frame.data))
  return packets.filter(packet => opusPacketMs(packet, packet.length) === PROMPT_FRAME_MS)
}
