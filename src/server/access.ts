/**
 * Who may talk to the server at all. A page in a browser on this machine can send requests to it, and a name that a stranger
 * owns can be made to point to it; so the Host and the Origin are checked on every request, whatever it asks for.
 */
import { ApiError } from './api-error.ts'

export interface AccessOptions {
  /** Host names besides `localhost` and IP addresses. Default none. */
  readonly allowedHosts?: readonly string[] | undefined
  /** Origins besides the server's own, such as `http://localhost:5173`. Default none. */
  readonly allowedOrigins?: readonly string[] | undefined
}

/** Knows the API keys. */
export interface KeyStore {
  /** Whether a key is needed. */
  readonly required: () => Promise<boolean>
  /** Id of the key, or undefined where nobody has it. Takes the same time whichever part differs. */
  readonly identify: (key: string) => Promise<string | undefined>
}

/** @throws ApiError 403 */
export function checkHost(request: Request, { allowedHosts = [] }: AccessOptions): void {
  const host = request.headers.get('host') ?? new URL(request.url).host
  const name = host.replace(/:\d+$/, '').toLowerCase()
  // An address cannot be rebound to another machine; a name can.
  const isAddress = /^\d{1,3}(\.\d{1,3}){3}$/.test(name) || /^\[[0-9a-f:.]+\]$/.test(name)
  if (isAddress || name === 'localhost' || allowedHosts.includes(name)) return
  throw new ApiError(
    403,
    `The host ${JSON.stringify(name.slice(0, 100))} is not this server's. Start it with --allow-host to allow the name.`,
    { code: 'host_not_allowed' },
  )
}

/**
 * The origin that may read the answer, or undefined where no page asks.
 * @throws ApiError 403
 */
export function checkOrigin(request: Request, { allowedOrigins = [] }: AccessOptions): string | undefined {
  const origin = request.headers.get('origin')
  if (origin !== null) {
    const host = request.headers.get('host') ?? new URL(request.url).host
    const isOwn = origin === `http://${host}` || origin === `https://${host}`
    if (isOwn || allowedOrigins.includes(origin)) return origin
  } else if (!fromForeignPage(request)) return undefined
  throw new ApiError(
    403,
    'Pages of other origins may not use this server. Start it with --allow-origin to allow one.',
    { code: 'origin_not_allowed' },
  )
}

/** Browsers leave the Origin out of plain GET requests, but say where those come from. Following a link is no misuse. */
function fromForeignPage(request: Request): boolean {
  const site = request.headers.get('sec-fetch-site')
  const foreign = site === 'cross-site' || site === 'same-site'
  return foreign && request.headers.get('sec-fetch-mode') !== 'navigate'
}

/**
 * Id of the caller's key; `anonymous` where the server needs none.
 * @throws ApiError 401
 */
export async function authenticate(request: Request, keys: KeyStore | undefined): Promise<string> {
  if (keys === undefined || !(await keys.required())) return 'anonymous'
  const key = presentedKey(request.headers)
  const id = key === undefined ? undefined : await keys.identify(key)
  if (id !== undefined) return id
  const told = key === undefined ? 'An API key is needed' : 'The API key is not valid'
  throw new ApiError(401, `${told}: send "Authorization: Bearer KEY". "ostro keys add NAME" makes one.`, {
    code: 'invalid_api_key',
  })
}

/** From `Authorization: Bearer`, from `x-api-key` (Anthropic's clients), or as the password a browser asks for. */
function presentedKey(headers: Headers): string | undefined {
  const [scheme, value] = (headers.get('authorization') ?? '').split(' ', 2)
  if (value !== undefined && /^bearer$/i.test(scheme)) return value
  if (value !== undefined && /^basic$/i.test(scheme)) return basicPassword(value)
  return headers.get('x-api-key') ?? undefined
}

function basicPassword(encoded: string): string | undefined {
  try {
    const text = atob(encoded)
    return text.slice(text.indexOf(':') + 1)
  } catch {
    // Not base64: no key.
    return undefined
  }
}
