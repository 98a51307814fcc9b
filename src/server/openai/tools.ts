/** Tools and the choice among them, in the form of chat completions; the flat form of /v1/responses is brought to it there. */
import { z } from 'zod'
import type { JsonValue } from '../../chat/index.ts'
import type { ToolChoice, ToolDefinition } from '../../tools/chat-model.ts'
import { badRequest } from '../api-error.ts'

export const functionName = z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, 'expected 1 to 64 of a-z, A-Z, 0-9, _ and -')
export const schemaObject = z.record(z.string(), z.json())

const functionTool = z.strictObject({
  type: z.literal('function', {
    error: ({ input }) => `not supported: tools of type ${JSON.stringify(input)}; functions only`,
  }),
  function: z.strictObject({
    name: functionName,
    description: z.string().nullish(),
    parameters: schemaObject.nullish(),
    strict: z.boolean().nullish(),
  }),
})

const namedFunction = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject({ name: functionName }),
})

const allowedTools = z.strictObject({
  type: z.literal('allowed_tools'),
  allowed_tools: z.strictObject({
    mode: z.enum(['auto', 'required']),
    tools: z.array(namedFunction).min(1).max(128),
  }),
})

export const toolFields = {
  tools: z.array(functionTool).max(128).nullish(),
  tool_choice: z
    .union([
      z.enum(['none', 'auto', 'required']),
      z.discriminatedUnion('type', [namedFunction, allowedTools], {
        error: 'not supported: a choice of that type; function and allowed_tools are',
      }),
    ])
    .nullish(),
  parallel_tool_calls: z.boolean().nullish(),
} as const

export type ToolsBody = z.infer<z.ZodObject<typeof toolFields>>

export interface ToolOptions {
  readonly tools?: readonly ToolDefinition[] | undefined
  readonly toolChoice?: ToolChoice | undefined
  readonly parallelToolCalls?: boolean | undefined
}

/** @throws ApiError 400 where a choice names no tool of the list */
export function toolOptions(body: ToolsBody): ToolOptions {
  const tools = (body.tools ?? []).map(({ function: { name, description, parameters, strict } }): ToolDefinition => {
    return {
      type: 'function',
      function: {
        name,
        ...(description ? { description } : {}),
        ...(parameters ? { parameters: parameters as { readonly [key: string]: JsonValue } } : {}),
        ...(strict === true ? { strict } : {}),
      },
    }
  })
  const choice = body.tool_choice ?? undefined
  return checkedTools(tools, choice === undefined ? undefined : choiceOf(choice), body.parallel_tool_calls ?? undefined)
}

/** @throws ApiError 400 where names repeat, or a choice needs a tool that is not there */
export function checkedTools(
  tools: readonly ToolDefinition[],
  toolChoice: ToolChoice | undefined,
  parallelToolCalls: boolean | undefined,
): ToolOptions {
  const names = new Set<string>()
  for (const [index, { function: tool }] of tools.entries()) {
    if (names.has(tool.name)) {
      throw badRequest(
        `tools[${index}]: there are two functions ${tool.name}. Give each a name of its own.`,
        `tools[${index}]`,
      )
    }
    names.add(tool.name)
  }
  if (tools.length === 0) {
    if (toolChoice === undefined || toolChoice === 'none' || toolChoice === 'auto') return {}
    throw badRequest('tool_choice: it asks for a call, but there are no tools. Send tools.', 'tool_choice')
  }
  for (const name of chosenNames(toolChoice)) {
    if (names.has(name)) continue
    throw badRequest(`tool_choice: there is no function ${name} among the tools.`, 'tool_choice')
  }
  return { tools, toolChoice, parallelToolCalls }
}

function choiceOf(choice: NonNullable<ToolsBody['tool_choice']>): ToolChoice {
  if (typeof choice === 'string') return choice
  if (choice.type === 'function') return { name: choice.function.name }
  const { mode, tools } = choice.allowed_tools
  return { allowed: tools.map((tool) => tool.function.name), mode }
}

function chosenNames(choice: ToolChoice | undefined): readonly string[] {
  if (choice === undefined || typeof choice === 'string') return []
  return 'name' in choice ? [choice.name] : choice.allowed
}
