import { Channel } from '../../tools/simulator/channel.js'
import { resolveOptions } from '../../tools/simulator/device-profile.js'
import { parseObject } from '../../tools/simulator/network-task.js'

/** A device that has opened a session and says nothing in it. */
export class Holder {
  readonly #channel: Channel

  constructor (url: string) {
    this.#channel = new Channel(resolveOptions({ url, profile: { mic: 'off', audio: 'count', mcp: false } }), {
      onText: text => { this.#onText(text) },
      onBinary: () => {},
      onDisconnected: () => {},
      onReplaced: () => {}
    })
  }

  get isOpen (): boolean { return this.#channel.isConnected }
  open (): Promise<void> { return this.#channel.open() }
  close (): void { this.#channel.drop() }

  #onText (text: string): void {
    const message = parseObject(text)
    if (message?.['type'] === 'hello') this.#channel.takeHello(message)
    else if (message?.['type'] === 'goodbye') this.#channel.takeGoodbye(message)
  }
}
