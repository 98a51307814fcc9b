/** Tasks and agents as endpoints: of each step its own, made of its own schemas, and a list of them all. */
import { z } from 'zod'
import { type Budget, createLedger } from '../../tools/steps/budget.ts'
import type { RunResult } from '../../tools/steps/run-event.ts'
import type { StepContext, StepDefinition, StepEvent } from '../../tools/steps/step.ts'
import { memoryOf } from '../../tools/steps/trial-memory.ts'
import { OstroError } from '../../util/error.ts'
import { ApiError, errorBody } from '../api-error.ts'
import { defineEndpoint, type Endpoint } from '../endpoint.ts'
import { bufferEvents } from '../event-buffer.ts'
import { wireSchema } from '../json-schema.ts'
import type { RequestContext } from '../request-context.ts'
import { startedEvents } from '../started-events.ts'
import type { Frame } from '../stream-response.ts'
import { askedModel } from './asked-model.ts'
import { configOf, type RunAnswer, runAnswer, type RunBody, runBody, runEvent, type StepOffer } from './run-body.ts'
import { runBuffering } from './run-buffering.ts'

export type StepKind = 'tasks' | 'agents'

export function stepEndpoints(kind: StepKind, steps: readonly StepDefinition[], offer: StepOffer): Endpoint[] {
  return [...steps.map((step) => runEndpoint(kind, step, offer)), listEndpoint(kind, steps, offer)]
}

function runEndpoint(kind: StepKind, step: StepDefinition, offer: StepOffer): Endpoint {
  const body = runBody(step, offer)
  return defineEndpoint({
    method: 'post',
    path: `/v1/${kind}/${step.name}`,
    summary: step.description,
    family: 'openai',
    promptField: 'input',
    body,
    answer: { json: runAnswer(step), events: runEvent },
    handle: async (context, given) => {
      const request = given as RunBody
      checkAllowed(step, context, request.config)
      const run = await startStep(kind, step, context, request)
      if (request.stream === true) {
        return context.stream(frames(run), 'sse', (error) => ({ event: 'error', data: errorBody(error, 'openai') }))
      }
      for await (const _ of run.events);
      return Response.json(run.answer())
    },
  })
}

/** @throws ApiError 403 for steps that do what this server does not let requests do */
function checkAllowed(step: StepDefinition, { server }: RequestContext, config: unknown): void {
  const runsCode = step.uses?.includes('sandbox') === true && (step.runsCode?.(config) ?? true)
  if (runsCode && !server.allowSandbox) {
    const message = `${step.name} runs code that a model wrote, in a sandbox. This server does not allow it: start it with --allow-sandbox.`
    throw new ApiError(403, message, { code: 'sandbox_not_allowed' })
  }
  if (step.effect === 'irreversible') {
    const message = `${step.name} does what cannot be undone, and a request cannot approve it. Use the library.`
    throw new ApiError(403, message, { code: 'approval_required' })
  }
}

interface StepRun {
  readonly events: AsyncIterable<StepEvent<unknown>>
  /** What it came to; once the events have ended. */
  readonly answer: () => RunAnswer
}

async function startStep(
  kind: StepKind,
  step: StepDefinition,
  context: RequestContext,
  request: RunBody,
): Promise<StepRun> {
  const { server, signal } = context
  const { limits, metrics } = server
  const use = await context.useModel(request.model ?? undefined)
  const lent = await lend(step, context, request)
  const ledger = createLedger(limits.runBudget, () => performance.now())
  const seed = request.seed ?? 0
  const model = askedModel(use, metrics)
  const events = step.run(request.input, request.config, {
    model,
    ...lent,
    seed,
    signal,
    budget: runBudget(request.budget ?? {}, limits.runBudget, context.timeLeftMs()),
    parent: ledger,
  })
  let result: RunResult<unknown> | undefined
  let output: { readonly output: unknown } | undefined
  const watched = async function* (): AsyncGenerator<StepEvent<unknown>> {
    let reason = 'failed'
    try {
      for await (const event of events) {
        if (event.type === 'run-end') result = event.result
        if (event.type === 'step-output') output = event
        yield event
      }
      // A run that was cancelled ends well, with what it had: whoever cancelled it is told why.
      signal.throwIfAborted()
      reason = result?.reason ?? 'answered'
    } finally {
      metrics.runEnded(`${kind}/${step.name}`, signal.aborted ? 'cancelled' : reason)
    }
  }
  const buffered = bufferEvents(watched(), { bytes: limits.streamBufferBytes, ...runBuffering })
  return {
    events: await startedEvents(buffered, (event) => !beforehand.includes(event.type)),
    answer: () => {
      if (output === undefined) throw new OstroError('device', `${step.name}: the step ended without an output.`)
      return {
        id: context.requestId.replace(/^req/, 'run'),
        object: 'run',
        name: step.name,
        version: step.version,
        model: use.id,
        seed,
        reason: result?.reason ?? 'answered',
        verified: result?.verified ?? false,
        warnings: [...(result?.warnings ?? [])],
        spent: ledger.spent(),
        output: output.output,
      }
    },
  }
}

/** Events after which the request may still turn out to be wrong. */
const beforehand: readonly string[] = [
  'run-start',
  'round-start',
  'memory-read',
  'warning-add',
  'progress',
  'call-start',
  'prefill-progress',
  'run-end',
] satisfies StepEvent<unknown>['type'][]

type Lent = Pick<StepContext, 'encoder' | 'translator' | 'critic' | 'tools' | 'memory'>

/** What a step uses besides its model. Models are held like the first; one that nobody named is lent only where there is one. */
async function lend(
  { uses = [] }: StepDefinition,
  { server, caller, useModel }: RequestContext,
  request: RunBody,
): Promise<Lent> {
  const entries = await server.models.list()
  const named = (kind: 'encoder' | 'translator') => request[kind] ?? entries.find((entry) => entry.kind === kind)?.id
  const lent: { -readonly [part in keyof Lent]: Lent[part] } = {}
  if (uses.includes('tools')) lent.tools = server.tools
  if (uses.includes('memory') && server.memory !== undefined) lent.memory = memoryOf(server.memory, caller.id)
  const critic = uses.includes('critic') ? (request.critic ?? undefined) : undefined
  if (critic !== undefined) lent.critic = askedModel(await useModel(critic), server.metrics)
  const encoder = uses.includes('encoder') ? named('encoder') : undefined
  if (encoder !== undefined) lent.encoder = (await useModel(request.encoder ?? undefined, 'vectors')).model
  const translator = uses.includes('translator') ? named('translator') : undefined
  if (translator !== undefined) lent.translator = (await useModel(translator)).model
  return lent
}

/** A run ends before its request's time is over, so that the best so far is still told. */
function runBudget(asked: NonNullable<RunBody['budget']>, limits: Budget, timeLeftMs: number): Budget {
  const own = Object.entries(asked).filter(([, limit]) => limit !== null && limit !== undefined)
  const wallMs = Math.min(asked.wallMs ?? Infinity, limits.wallMs ?? Infinity, timeLeftMs * 0.95)
  return { ...(Object.fromEntries(own) as Budget), wallMs: Math.max(1, Math.floor(wallMs)) }
}

async function* frames({ events, answer }: StepRun): AsyncGenerator<Frame> {
  let id = 0
  for await (const event of events) {
    const data = event.type === 'step-output' ? { type: event.type, ...answer() } : event
    yield { event: event.type, id: id++, data }
  }
  yield { data: '[DONE]' }
}

const jsonSchema = z.record(z.string(), z.unknown()).describe('JSON Schema')

function listEndpoint(kind: StepKind, steps: readonly StepDefinition[], offer: StepOffer): Endpoint {
  const entry = z.strictObject({
    name: z.string(),
    version: z.int(),
    description: z.string(),
    effect: z.string(),
    uses: z.array(z.string()).describe('scores, encoder, translator, critic, tools, memory, search, sandbox'),
    allowed: z.boolean().describe('Whether this server runs it, at least with some settings'),
    config: jsonSchema,
    input: jsonSchema,
    output: jsonSchema,
  })
  const list = z.strictObject({
    object: z.literal('list'),
    data: z.array(entry),
    budget: z.record(z.string(), z.number()).describe('The most that one run may spend'),
  })
  return defineEndpoint({
    method: 'get',
    path: `/v1/${kind}`,
    summary: `The ${kind} that this server runs, with the JSON Schemas of what they take and give`,
    family: 'openai',
    body: undefined,
    answer: { json: list },
    handle: async ({ server }) => {
      const data = steps.map((step) => {
        const { name, version, description, effect, uses = [], runsCode, input, output } = step
        const alwaysRunsCode = uses.includes('sandbox') && runsCode === undefined
        return {
          name,
          version,
          description,
          effect,
          uses: [...uses],
          allowed: effect !== 'irreversible' && (server.allowSandbox || !alwaysRunsCode),
          config: wireSchema(configOf(step, offer), 'input'),
          input: wireSchema(input, 'input'),
          output: wireSchema(output, 'output'),
        }
      })
      return Response.json({ object: 'list', data, budget: offer.limits as Record<string, number> } satisfies z.infer<
        typeof list
      >)
    },
  })
}
