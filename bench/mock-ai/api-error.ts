export interface ApiErrorDetails {
  readonly type?: string
  readonly param?: string
  readonly code?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A refusal as OpenAI words it. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly #type: string
  readonly #param: string | null
  readonly #code: string | null

  constructor (status: number, message: string, details: ApiErrorDetails = {}) {
    super(message)
    this.status = status
    this.headers = details.headers ?? {}
    this.#type = details.type ?? 'invalid_request_error'
    this.#param = details.param ?? null
    this.#code = details.code ?? null
  }

  get body (): string {
    return JSON.stringify({ error: { message: this.message, type: this.#type, param: this.#param, code: this.#code } })
  }
}

export function missing (param: string): ApiError {
  return new ApiError(400, `you must provide a ${param} parameter`, { param, code: 'missing_required_parameter' })
}

export function invalid (param: string, why: string): ApiError {
  return new ApiError(400, `Invalid value for '${param}': ${why}`, { param, code: 'invalid_value' })
}
