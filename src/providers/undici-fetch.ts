import { Headers, interceptors, type Agent, type Dispatcher } from 'undici'

const MOST_REDIRECTIONS = 3
const NO_CONTENT = 204

/**
 * The part of a `Response` that the OpenAI package and we read. Its body is the stream that undici
 * parses into: a web stream between them costs more than all the rest of an answer of 80 pieces.
 */
export class UndiciResponse {
  readonly url: string
  readonly status: number
  readonly statusText = ''
  readonly headers: Headers
  readonly body: Dispatcher.ResponseData['body'] | null

  constructor (url: string, { statusCode, headers, body }: Dispatcher.ResponseData) {
    this.url = url
    this.status = statusCode
    this.headers = new Headers(Object.entries(headers).flatMap(([name, value]) => {
      return Array.isArray(value) ? value.map(one => [name, one] as [string, string]) : [[name, value ?? ''] as [string, string]]
    }))
    this.body = statusCode === NO_CONTENT ? null : body
  }

  get ok (): boolean { return this.status >= 200 && this.status < 300 }
  async text (): Promise<string> { return await this.body?.text() ?? '' }
  async json (): Promise<unknown> { return JSON.parse(await this.text()) as unknown }
}

/** `fetch` over the connections of one agent, for requests whose body is text. */
export function fetchOver (agent: Agent): typeof globalThis.fetch {
  const dispatcher = agent.compose(interceptors.redirect({ maxRedirections: MOST_REDIRECTIONS }))
  const send = async (address: string, init: RequestInit = {}): Promise<UndiciResponse> => {
    const url = new URL(address)
    const { method = 'GET', headers, body, signal } = init
    return new UndiciResponse(address, await dispatcher.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: method as Dispatcher.HttpMethod,
      headers: Object.fromEntries(new Headers(headers as Record<string, string>)),
      body: body as string | null,
      signal: signal ?? null
    }))
  }
  return send as unknown as typeof globalThis.fetch
}
