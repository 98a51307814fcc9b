/** What went wrong with a request, with what the user can do about it. */

/** Plain data, so that a failed answer can be kept with its chat. */
export interface Failure {
  /** HTTP status; 0 where no answer came. */
  readonly status: number
  /** The server's own code, such as `context_length_exceeded`. */
  readonly code: string | undefined
  readonly message: string
  /** Field of the request that the server refused. */
  readonly field: string | undefined
  readonly retryAfterSeconds: number | undefined
}

export class ApiError extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super(failure.message)
    this.name = 'ApiError'
    this.failure = failure
  }
}

/** Reads the error body of a response that is not ok: OpenAI's form where there is one, else the text itself. */
export async function responseError(response: Response): Promise<ApiError> {
  const text = await response.text()
  const retryAfter = Number(response.headers.get('retry-after') ?? 'none')
  return new ApiError({
    ...bodyFailure(text, `${response.status} ${response.statusText}`),
    status: response.status,
    retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : undefined,
  })
}

/** An error that arrives inside a stream, after the response had started well. */
export function streamError(data: string): ApiError {
  return new ApiError({
    ...bodyFailure(data, 'The stream ended in an error.'),
    status: 200,
    retryAfterSeconds: undefined,
  })
}

export function toFailure(cause: unknown): Failure {
  if (cause instanceof ApiError) return cause.failure
  const message = cause instanceof Error ? cause.message : String(cause)
  // `fetch` rejects with a TypeError where no answer came at all.
  const offline = cause instanceof TypeError
  return {
    status: 0,
    code: offline ? 'unreachable' : undefined,
    message: offline ? 'The server does not answer.' : message,
    field: undefined,
    retryAfterSeconds: undefined,
  }
}

/** The next step for the user; undefined where the message says it all. */
export function adviceFor({ status, code, field, retryAfterSeconds }: Failure): string | undefined {
  if (code === 'unreachable') return 'Check that “npm start” is still running on this machine, then try again.'
  if (code === 'context_length_exceeded') return 'Start a new chat, edit an earlier message, or lower “Max tokens”.'
  if (status === 401) return 'Enter an API key of this server; “ostro keys add NAME” makes one.'
  if (status === 403) return 'Open the page at the address that the server printed when it started.'
  if (status === 404) return 'Choose another model above.'
  if (status === 429 || status === 503) return `The server is busy. Try again ${waitText(retryAfterSeconds)}.`
  if (status === 400 || status === 422)
    return field ? `Change “${field}” in the settings, then try again.` : 'Change the settings, then try again.'
  if (status >= 500 || status === 200) return 'Try again; the server’s log says more.'
  return undefined
}

function waitText(seconds: number | undefined): string {
  if (seconds === undefined || seconds <= 0) return 'in a moment'
  return seconds === 1 ? 'in a second' : `in ${Math.ceil(seconds)} seconds`
}

function bodyFailure(text: string, fallback: string): Pick<Failure, 'code' | 'message' | 'field'> {
  const error = parseErrorBody(text)
  return {
    code: typeof error?.code === 'string' ? error.code : undefined,
    message: typeof error?.message === 'string' ? error.message : text.trim().slice(0, 500) || fallback,
    field: typeof error?.param === 'string' ? error.param : undefined,
  }
}

function parseErrorBody(text: string): { code?: unknown; message?: unknown; param?: unknown } | undefined {
  try {
    const body = JSON.parse(text) as { error?: unknown } | null
    const error = body?.error
    if (typeof error === 'string') return { message: error }
    return typeof error === 'object' && error !== null ? error : undefined
  } catch {
    // Not JSON: a proxy's page or plain text, which the caller shows as it is.
    return undefined
  }
}
