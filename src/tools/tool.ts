/** A function that a model may call and that runs here. */
import {
  isStandardSchema,
  jsonSchemaOf,
  type StandardOutput,
  type StandardSchema,
} from '../constrain/standard-schema.ts'
import type { JsonSchema, JsonValue } from '../util/json.ts'
import type { ToolDefinition } from './chat-model.ts'

export interface ToolContext {
  readonly callId: string
  /** Fires at the tool's time limit and when the caller stops the loop. */
  readonly signal: AbortSignal
}

/** Whether a call may run: yes, or no with what the model is told. */
export type Approval = boolean | { readonly denied: string }

export interface Tool extends ToolDefinition {
  /** Takes the arguments as its schema reads them. What it answers goes to the model: a text as it is, all else as JSON. */
  readonly run: (input: never, context: ToolContext) => unknown
  /** The schema of another library, which reads the arguments before `run`. */
  readonly schema?: StandardSchema
  /** Milliseconds before the call is given up. Default: `toolTimeoutMs` of the loop. */
  readonly timeoutMs?: number
  /** Calls go through the loop's `approve`. Default false. */
  readonly needsApproval?: boolean
}

/** What `run` gets: what the schema's library makes of the arguments, or JSON. */
export type ToolInput<S> = S extends StandardSchema ? StandardOutput<S> : JsonValue

export interface ToolOptions<S> {
  /** 1 to 64 of `a-z A-Z 0-9 _ -`. */
  readonly name: string
  /** What it does and when to call it: the model reads this. */
  readonly description?: string
  /** JSON schema of the arguments, or a schema of zod, valibot or arktype. Default: no arguments. */
  readonly input?: S
  readonly run: (input: ToolInput<S>, context: ToolContext) => unknown
  readonly timeoutMs?: number
  readonly needsApproval?: boolean
}

/**
 * Defines a tool.
 * @throws OstroError `unsupported` for a schema whose library gives no JSON schema
 * @example
 * const weather = tool({
 *   name: 'get_weather',
 *   description: 'The weather of a city now.',
 *   input: z.object({ city: z.string() }),
 *   run: ({ city }) => fetchWeather(city),
 * })
 * for await (const event of model.chat(messages, { tools: [weather] })) console.log(event)
 */
export function tool<const S extends StandardSchema | JsonSchema>(options: ToolOptions<S>): Tool {
  const { name, description, input, run, timeoutMs, needsApproval } = options
  return {
    type: 'function',
    function: {
      name,
      ...(description === undefined ? {} : { description }),
      parameters: parametersOf(input),
    },
    run,
    ...(isStandardSchema(input) ? { schema: input } : {}),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(needsApproval === undefined ? {} : { needsApproval }),
  }
}

function parametersOf(input: StandardSchema | JsonSchema | undefined): JsonSchema {
  if (input === undefined) return { type: 'object', properties: {}, additionalProperties: false }
  return isStandardSchema(input) ? (jsonSchemaOf(input) as JsonSchema) : input
}

export function isRunnable(definition: ToolDefinition): definition is Tool {
  return 'run' in definition && typeof definition.run === 'function'
}

/** What a model or a worker needs to know of tools: their data without the functions. */
export function definitionsOf(tools: readonly ToolDefinition[]): ToolDefinition[] {
  return tools.map(({ type, function: definition }) => ({ type, function: definition }))
}
