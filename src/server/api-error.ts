/** What a client is told when a request fails: a status, and a body in the shape of the interface that it speaks. */
import { OstroError } from '../util/error.ts'

/** Whose shapes an endpoint speaks. */
export type Family = 'openai' | 'anthropic' | 'ollama'

export interface ApiErrorFields {
  /** Stable, machine-readable: `context_length_exceeded`, `unknown_parameter`. */
  readonly code: string
  /** The field at fault, as a path: `messages[0].content`. */
  readonly param?: string | undefined
  /** Seconds after which trying again makes sense; sets Retry-After and retry-after-ms. */
  readonly retryAfterSeconds?: number | undefined
  /** False tells the `openai` client not to try again although the status suggests it. */
  readonly shouldRetry?: boolean | undefined
}

export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly code: string
  readonly param: string | undefined
  readonly retryAfterSeconds: number | undefined
  readonly shouldRetry: boolean | undefined

  constructor(status: number, message: string, fields: ApiErrorFields, options?: ErrorOptions) {
    super(message, options)
    this.status = status
    this.code = fields.code
    this.param = fields.param
    this.retryAfterSeconds = fields.retryAfterSeconds
    this.shouldRetry = fields.shouldRetry
  }
}

/** The error of a field whose value cannot be taken. */
export function badRequest(message: string, param: string | undefined, code = 'invalid_value'): ApiError {
  return new ApiError(400, message, { code, param })
}

/** What new work is told while the server stops. */
export function stopping(): ApiError {
  return new ApiError(503, 'The server is stopping. Try again in a few seconds.', {
    code: 'server_stopping',
    retryAfterSeconds: 5,
  })
}

/**
 * Whatever was thrown, as what the client is told; the details of defects stay in the log.
 * @param promptField field that errors of the prompt's length name
 */
export function asApiError(error: unknown, promptField?: string): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof OstroError) return fromOstroError(error, promptField)
  return new ApiError(
    500,
    'The server failed at this request; its log says how.',
    { code: 'internal_error' },
    { cause: error },
  )
}

function fromOstroError(error: OstroError, promptField: string | undefined): ApiError {
  const told = (status: number, code: string, more: Partial<ApiErrorFields> = {}): ApiError =>
    new ApiError(status, error.message, { code, ...more }, { cause: error })
  const { option, pointer } = error.fields
  const param = typeof option === 'string' ? snakeCase(option) : typeof pointer === 'string' ? pointer : undefined
  switch (error.code) {
    case 'invalid-argument':
      return told(400, 'invalid_value', { param })
    case 'context-overflow':
      return told(400, 'context_length_exceeded', { param: promptField })
    case 'not-a-chat-model':
      return told(400, 'not_a_chat_model', { param: 'model' })
    case 'unsupported':
      return told(400, 'unsupported_value', { param })
    case 'template':
      return told(400, 'template_error', { param: promptField })
    case 'not-found':
      return told(404, 'model_not_found', { param: 'model' })
    case 'licence':
      return told(403, 'licence_not_accepted', { param: 'model' })
    case 'out-of-memory':
      return told(503, 'out_of_memory', { retryAfterSeconds: 5 })
    case 'overloaded':
      return told(503, 'server_busy', { retryAfterSeconds: 5 })
    case 'device':
    case 'disposed':
      return told(500, 'engine_failed', { retryAfterSeconds: 1 })
    case 'aborted':
      return told(499, 'aborted')
    case 'network':
      return told(502, 'upstream_failed', { retryAfterSeconds: 5 })
    case 'input-empty':
      return told(400, 'input_empty', { param: promptField })
    case 'language-unsupported':
      return told(400, 'language_unsupported', { param })
    case 'effect-irreversible':
      return told(400, 'approval_required')
    case 'budget-reached':
      return told(400, 'budget_reached', { param: 'budget' })
    case 'no-candidate':
    case 'action-invalid':
    case 'environment-failed':
    case 'sandbox-time':
    case 'sandbox-memory':
      return told(422, snakeCase(error.code.replaceAll('-', '_')))
    case 'store-unavailable':
      return told(503, 'store_unavailable', { retryAfterSeconds: 5 })
    case 'disk':
    case 'integrity':
    case 'invalid-file':
      return told(500, 'model_not_loadable', { param: 'model', shouldRetry: false })
    default:
      return error.code satisfies never
  }
}

/** The interface that a path belongs to, for errors that come before any endpoint is reached. */
export function familyOf(path: string): Family {
  if (path.startsWith('/api/')) return 'ollama'
  return path.startsWith('/v1/messages') ? 'anthropic' : 'openai'
}

/** The body of an error, also of one inside a stream. */
export function errorBody(error: ApiError, family: Family): Readonly<Record<string, unknown>> {
  switch (family) {
    case 'openai': {
      const { message, code, param } = error
      return { error: { message, type: openaiType(error.status), param: param ?? null, code } }
    }
    case 'anthropic':
      return {
        type: 'error',
        error: { type: anthropicType(error.status), message: error.message, details: { error_code: error.code } },
      }
    case 'ollama':
      return { error: error.message }
    default:
      return family satisfies never
  }
}

export function errorResponse(error: ApiError, family: Family): Response {
  const headers = new Headers({ 'content-type': 'application/json' })
  if (error.retryAfterSeconds !== undefined) {
    headers.set('retry-after', String(Math.ceil(error.retryAfterSeconds)))
    headers.set('retry-after-ms', String(Math.ceil(error.retryAfterSeconds * 1000)))
  }
  if (error.shouldRetry !== undefined) headers.set('x-should-retry', String(error.shouldRetry))
  if (error.status === 401) headers.set('www-authenticate', 'Bearer')
  return new Response(JSON.stringify(errorBody(error, family)), { status: error.status, headers })
}

function openaiType(status: number): string {
  if (status === 401) return 'authentication_error'
  if (status === 403) return 'permission_error'
  if (status === 404) return 'not_found_error'
  if (status === 429) return 'rate_limit_error'
  return status < 500 ? 'invalid_request_error' : 'server_error'
}

function anthropicType(status: number): string {
  if (status === 503 || status === 529) return 'overloaded_error'
  if (status === 413) return 'request_too_large'
  const type = openaiType(status)
  return type === 'server_error' ? 'api_error' : type
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
