/** The server as a function from Request to Response: checks that every request passes, then the route table. */
import { Hono, type Context } from 'hono'
import { agentSteps } from '../agents/steps/index.ts'
import { taskSteps } from '../tasks/steps/index.ts'
import type { StepDefinition } from '../tools/steps/step.ts'
import type { Memory } from '../tools/steps/trial-memory.ts'
import type { Tool } from '../tools/tool.ts'
import { type AccessOptions, authenticate, checkHost, checkOrigin, type KeyStore } from './access.ts'
import { createAdmission } from './admission.ts'
import { ApiError, asApiError, errorResponse, familyOf, stopping } from './api-error.ts'
import type { Endpoint } from './endpoint.ts'
import { endpoints as fixedEndpoints } from './endpoints/index.ts'
import { createMetrics } from './metrics.ts'
import { readBody } from './request-body.ts'
import { openRequest } from './request-context.ts'
import type { ModelPool } from './served-model.ts'
import { limitsOf, type ServerLimits, type ServerParts } from './server-parts.ts'
import { lentTools } from './steps/lent-tools.ts'
import { stepEndpoints } from './steps/step-endpoints.ts'

export interface ServerOptions extends AccessOptions {
  readonly models: ModelPool
  /** Default: no key is needed. */
  readonly keys?: KeyStore | undefined
  readonly limits?: Partial<ServerLimits> | undefined
  /** What `POST /v1/tasks/NAME` runs; names are unique. Default: the tasks of this library. */
  readonly tasks?: readonly StepDefinition[] | undefined
  /** What `POST /v1/agents/NAME` runs. Default: the agents of this library. */
  readonly agents?: readonly StepDefinition[] | undefined
  /**
   * What agents may call besides `calculate` and `current_time`; a request chooses among them by name. Those that need approval are not lent,
   * for nobody is there to give it.
   */
  readonly tools?: readonly Tool[] | undefined
  /** Where agents keep what they learn, each caller's apart. Default: nowhere. */
  readonly memory?: Memory | undefined
  /** Lets requests run steps that execute code which a model wrote, in a sandbox. Default false. */
  readonly allowSandbox?: boolean | undefined
  /** Of the program. Default 0.0.0. */
  readonly version?: string | undefined
  /** Default: nothing is logged. */
  readonly log?: ServerParts['log'] | undefined
  /** Fires when the server is about to stop: /health says so and new work is refused, while answers that have begun go on. */
  readonly draining?: AbortSignal | undefined
  /** The file of the chat page at a path (`/`, `/assets/…`), or undefined. Default: no page. */
  readonly page?: ((path: string) => Promise<Response | undefined>) | undefined
}

interface Environment {
  Variables: { caller: string; requestId: string }
}

/**
 * The HTTP interface over a pool of models; needs no Node.
 * @example
 * const app = createApp({ models })
 * const response = await app.request('/v1/models')
 */
export function createApp(options: ServerOptions): Hono<Environment> {
  const limits = limitsOf(options.limits)
  const admission = createAdmission(limits)
  const metrics = createMetrics(admission)
  const { models, version = '0.0.0', draining, log = () => {}, allowSandbox = false } = options
  const { tasks = taskSteps, agents = agentSteps, memory } = options
  const tools = lentTools(options.tools)
  const offer = { limits: limits.runBudget, tools }
  const endpoints = [
    ...fixedEndpoints,
    ...stepEndpoints('tasks', tasks, offer),
    ...stepEndpoints('agents', agents, offer),
  ]
  const parts = { models, endpoints, version, limits, admission, metrics, log, draining }
  const server: ServerParts = { ...parts, allowSandbox, tools, memory }

  const app = new Hono<Environment>()
  app.use('*', async (context, next) => {
    const requestId = `req_${crypto.randomUUID().replaceAll('-', '')}`
    context.set('requestId', requestId)
    const { raw } = context.req
    checkHost(raw, options)
    const origin = checkOrigin(raw, options)
    if (raw.method === 'OPTIONS' && origin !== undefined) return preflight(raw, origin)
    if (raw.headers.has('last-event-id')) throw notResumable()
    if (!isOpen(endpoints, context)) {
      context.set('caller', await authenticate(raw, options.keys))
      if (draining?.aborted) throw stopping()
    }
    await next()
    context.header('x-request-id', requestId)
    context.header('x-content-type-options', 'nosniff')
    if (origin !== undefined) allowOrigin(context.res.headers, origin)
    return undefined
  })
  for (const endpoint of endpoints) {
    app.on(endpoint.method.toUpperCase(), endpoint.path, (context) => answer(server, endpoint, context))
  }
  for (const [path, methods] of methodsByPath(endpoints)) {
    app.all(path, ({ req }) => otherMethod(req.method, req.path, methods))
  }
  const { page } = options
  if (page !== undefined) {
    app.get('*', async (context) => (await page(context.req.path)) ?? context.notFound())
  }
  app.notFound(({ req }) => errorResponse(unknownRoute(req.method, req.path), familyOf(req.path)))
  app.onError((error, { req }) => {
    const told = asApiError(error)
    if (told.status >= 500) log({ level: 'error', message: told.message, error })
    metrics.refused(told.status)
    const response = errorResponse(told, familyOf(req.path))
    // A person's browser asks for the key as a password; a program's request must not open a dialogue.
    if (told.status === 401 && req.header('sec-fetch-mode') === 'navigate') {
      response.headers.set('www-authenticate', 'Basic realm="Ostro: the API key as password"')
    }
    return response
  })
  return app
}

/** Paths that need no key. */
function isOpen(endpoints: readonly Endpoint[], { req }: Context<Environment>): boolean {
  return endpoints.some(({ open, path, method }) => open && path === req.path && method === req.method.toLowerCase())
}

async function answer(server: ServerParts, endpoint: Endpoint, context: Context<Environment>): Promise<Response> {
  const { req } = context
  const { body: schema } = endpoint
  if (schema !== undefined) server.admission.refuseWhereFull(context.get('caller'))
  const open = openRequest(server, endpoint, {
    request: req.raw,
    params: req.param() as Record<string, string>,
    requestId: context.get('requestId'),
    caller: { id: context.get('caller') },
  })
  try {
    const body = schema === undefined ? undefined : await readBody(req.raw, schema, server.limits.bodyBytes)
    return open.settle(await endpoint.handle(open.context, body))
  } catch (error) {
    return errorResponse(open.fail(error), endpoint.family)
  }
}

/** Clients of event streams connect again by themselves; an answer must not be generated twice. Any status but 200 stops them. */
function notResumable(): ApiError {
  const message = 'A stream that was cut is not resumed. Send the request again without the header Last-Event-ID.'
  return new ApiError(409, message, { code: 'stream_not_resumable', param: 'Last-Event-ID' })
}

function unknownRoute(method: string, path: string): ApiError {
  return new ApiError(404, `There is no ${method} ${path}. GET /openapi.json lists what there is.`, {
    code: 'unknown_route',
  })
}

function methodsByPath(endpoints: readonly Endpoint[]): ReadonlyMap<string, readonly string[]> {
  const known = new Map<string, string[]>()
  for (const { path, method } of endpoints) {
    const methods = known.get(path) ?? []
    known.set(path, [...methods, ...(method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()])])
  }
  return known
}

/** 405 with what the path takes, as the header demands; OPTIONS only asks for that. */
function otherMethod(method: string, path: string, methods: readonly string[]): Response {
  const allow = methods.join(', ')
  if (method === 'OPTIONS') return new Response(undefined, { status: 204, headers: { allow } })
  const error = new ApiError(405, `${path} does not take ${method}, but ${allow}.`, { code: 'method_not_allowed' })
  const response = errorResponse(error, familyOf(path))
  response.headers.set('allow', allow)
  return response
}

function preflight(request: Request, origin: string): Response {
  const headers = new Headers({
    'access-control-allow-methods': 'GET, POST, DELETE',
    // Clients send headers of their own (`x-stainless-…`); what is asked for is granted, since the origin is trusted.
    'access-control-allow-headers': request.headers.get('access-control-request-headers') ?? '*',
    'access-control-max-age': '600',
  })
  allowOrigin(headers, origin)
  return new Response(undefined, { status: 204, headers })
}

function allowOrigin(headers: Headers, origin: string): void {
  headers.set('access-control-allow-origin', origin)
  headers.append('vary', 'Origin')
}
