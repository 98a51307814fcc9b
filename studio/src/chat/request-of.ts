/** A path of turns and the settings as the request that the server gets. Pure. */
import { samplingFields } from '../api/sampling.ts'
import type { ChatMessage, ChatRequest, FunctionTool } from '../api/stream-chat.ts'
import type { AssistantMessage, Turn } from './conversation.ts'
import { type ChatSettings, enabledTools } from './settings.ts'
import { checkParameters, checkSchema } from './validation.ts'

/** @throws {Error} Where a schema in the settings is no JSON; the message says which. */
export function requestOf(path: readonly Turn[], settings: ChatSettings, model: string): ChatRequest {
  const tools = enabledTools(settings).map(({ name, description, parameters }): FunctionTool => {
    const checked = checkParameters(parameters)
    if (!checked.ok) throw new Error(`The function “${name}” cannot be sent. ${checked.problem}`)
    return { type: 'function', function: { name, description, parameters: checked.value } }
  })
  return {
    model,
    messages: messagesOf(path, settings.systemPrompt),
    ...samplingFields(settings.temperature, settings.topP),
    ...defined('max_completion_tokens', settings.maxTokens),
    ...defined('seed', settings.seed),
    ...defined('response_format', responseFormat(settings)),
    ...(tools.length === 0
      ? {}
      : {
          tools,
          tool_choice: toolChoice(settings.toolChoice, path),
          parallel_tool_calls: settings.parallelToolCalls,
        }),
  }
}

function messagesOf(path: readonly Turn[], systemPrompt: string): readonly ChatMessage[] {
  const system: ChatMessage[] = systemPrompt.trim() === '' ? [] : [{ role: 'system', content: systemPrompt }]
  return [
    ...system,
    ...path.flatMap(({ message }) =>
      message.role === 'user' ? [{ role: 'user' as const, content: message.text }] : answerMessages(message),
    ),
  ]
}

/** An answer and the results of its calls. A call without a result counts as refused: a model must not wait for it. */
function answerMessages({ text, toolCalls, failure }: AssistantMessage): readonly ChatMessage[] {
  if (toolCalls.length === 0) return text === '' && failure ? [] : [{ role: 'assistant', content: text }]
  const calls = toolCalls.map(({ id, name, arguments: given }) => ({
    id,
    type: 'function' as const,
    function: { name, arguments: given },
  }))
  return [
    { role: 'assistant', content: text === '' ? null : text, tool_calls: calls },
    ...toolCalls.map(({ id, result }) => ({
      role: 'tool' as const,
      tool_call_id: id,
      content: result ?? 'The user did not run this function.',
    })),
  ]
}

function responseFormat({ output, schema }: ChatSettings): unknown {
  if (output === 'text') return undefined
  if (output === 'json') return { type: 'json_object' }
  const checked = checkSchema(schema)
  if (!checked.ok) throw new Error(`The JSON schema cannot be sent. ${checked.problem}`)
  return { type: 'json_schema', json_schema: { name: 'answer', schema: checked.value, strict: true } }
}

/** A forced call is forced once: after its result the model may answer, or the turn would never end. */
function toolChoice(choice: string, path: readonly Turn[]): unknown {
  const last = path.at(-1)?.message
  const afterResult = last?.role === 'assistant' && last.toolCalls.length > 0
  if (choice === 'none' || choice === 'auto') return choice
  if (afterResult) return 'auto'
  return choice === 'required' ? choice : { type: 'function', function: { name: choice.slice('tool:'.length) } }
}

function defined(name: string, value: unknown): Record<string, unknown> {
  return value === undefined ? {} : { [name]: value }
}
