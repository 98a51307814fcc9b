/** A chat model on another machine, with its server's own templates and tools. */
import type { ChatEvent, ChatMessage, ChatModel, ChatOptions, ToolCallEvent, ToolChoice } from '../tools/chat-model.ts'
import { OstroError } from '../util/error.ts'
import type { EndReason, OutputFormat, Usage } from '../util/generation.ts'
import type { JsonValue } from '../util/json.ts'
import { type Body, createEndpoint, firstOf, memberOf, type RemoteOptions } from './endpoint.ts'
import { samplingBody } from './sampling-body.ts'

/**
 * A model behind `/v1/chat/completions`: another Ostro, vLLM, llama.cpp's server, a cloud. What tools and formats are worth there is
 * its server's matter; where it has none, `plainChat` brings them.
 *
 * @throws OstroError `invalid-argument` for a malformed address; from its stream `network`, `not-found`, `unsupported`
 * @example
 * const model = remoteChat({ baseUrl: 'http://127.0.0.1:8000/v1', model: 'qwen3-8b' })
 * for await (const event of model.chat([{ role: 'user', content: 'Hello' }])) console.log(event)
 */
export function remoteChat(options: RemoteOptions): ChatModel {
  const endpoint = createEndpoint(options)
  return {
    async *chat(messages, chatOptions = {}) {
      const started = performance.now()
      let firstAt: number | undefined
      const answer = readAnswer()
      const body = { messages: messages.map(withTextArguments), ...chatBody(chatOptions) }
      for await (const chunk of endpoint.stream('/chat/completions', body, chatOptions.signal)) {
        for (const event of answer.read(chunk)) {
          firstAt ??= performance.now()
          yield event
        }
      }
      yield* answer.calls()
      const now = performance.now()
      const prefillMs = (firstAt ?? now) - started
      const timings = { waitMs: 0, prefillMs, decodeMs: now - started - prefillMs }
      yield { type: 'end', ...answer.end(), timings, seed: chatOptions.seed ?? 0 }
    },
  }
}

/** The interface has arguments as text. */
function withTextArguments(message: ChatMessage): ChatMessage {
  if (message.tool_calls === undefined) return message
  const calls = message.tool_calls.map((call) => {
    const { name, arguments: values } = call.function
    const text = typeof values === 'string' ? values : JSON.stringify(values)
    return { ...call, type: 'function' as const, function: { name, arguments: text } }
  })
  return { ...message, tool_calls: calls }
}

function chatBody(options: ChatOptions): Body {
  const { tools = [], toolChoice, parallelToolCalls, format, templateVariables, callThreshold } = options
  if (callThreshold !== undefined) {
    throw new OstroError('unsupported', 'remote: callThreshold is for models that run here. Leave it out.')
  }
  const held = tools.find((tool) => tool.function.grammar !== undefined)
  if (held !== undefined) {
    const { name } = held.function
    throw new OstroError('unsupported', `remote: the grammar of ${name} cannot be asked of this server. Leave it out.`)
  }
  return {
    ...samplingBody(options),
    stream_options: { include_usage: true },
    ...(tools.length === 0 ? {} : { tools }),
    ...(toolChoice === undefined ? {} : { tool_choice: toolChoiceBody(toolChoice) }),
    ...(parallelToolCalls === undefined ? {} : { parallel_tool_calls: parallelToolCalls }),
    ...(format === undefined ? {} : { response_format: responseFormat(format) }),
    ...(templateVariables === undefined ? {} : { chat_template_kwargs: templateVariables }),
  }
}

function toolChoiceBody(choice: ToolChoice): unknown {
  if (typeof choice === 'string') return choice
  const named = (name: string) => ({ type: 'function', function: { name } })
  if ('name' in choice) return named(choice.name)
  return { type: 'allowed_tools', allowed_tools: { mode: choice.mode, tools: choice.allowed.map(named) } }
}

function responseFormat(format: OutputFormat): unknown {
  if (format.type === 'json') return { type: 'json_object' }
  if (format.type === 'json-schema') {
    return { type: 'json_schema', json_schema: { name: 'answer', schema: format.schema, strict: true } }
  }
  throw new OstroError('unsupported', `remote: a format of type ${format.type} cannot be asked of this server.`)
}

/** Puts together what comes in pieces: calls are complete when the stream ends, since the interface doesn't tell sooner. */
function readAnswer() {
  const open = new Map<number, { id: string; name: string; arguments: string }>()
  let reason: EndReason = 'length'
  let usage: Usage = { promptTokens: 0, cachedTokens: 0, generatedTokens: 0 }
  return {
    *read(chunk: JsonValue): Generator<ChatEvent> {
      const used = memberOf(chunk, 'usage')
      if (used !== undefined && used !== null) usage = usageOf(used)
      const choice = firstOf(memberOf(chunk, 'choices'))
      const delta = memberOf(choice, 'delta')
      const reasoning = memberOf(delta, 'reasoning_content') ?? memberOf(delta, 'reasoning')
      if (typeof reasoning === 'string' && reasoning !== '') yield { type: 'reasoning-delta', text: reasoning }
      const text = memberOf(delta, 'content')
      if (typeof text === 'string' && text !== '') yield { type: 'text-delta', text }
      const pieces = memberOf(delta, 'tool_calls')
      for (const piece of Array.isArray(pieces) ? (pieces as readonly JsonValue[]) : []) yield* readPiece(piece)
      const finish = memberOf(choice, 'finish_reason')
      if (typeof finish === 'string') reason = reasons[finish] ?? 'stop'
    },
    /** Only calls that their model finished. */
    *calls(): Generator<ToolCallEvent> {
      if (reason !== 'tool-calls') return
      for (const [index, call] of open) yield { type: 'tool-call', index, ...call }
    },
    end: () => ({ reason, usage }),
  }

  function* readPiece(piece: JsonValue): Generator<ChatEvent> {
    const given = memberOf(piece, 'index')
    const index = typeof given === 'number' ? given : open.size
    const name = memberOf(memberOf(piece, 'function'), 'name')
    let call = open.get(index)
    if (call === undefined) {
      const id = memberOf(piece, 'id')
      call = { id: typeof id === 'string' && id !== '' ? id : `call_${index}`, name: String(name ?? ''), arguments: '' }
      open.set(index, call)
      yield { type: 'tool-call-start', index, id: call.id, name: call.name }
    }
    const text = memberOf(memberOf(piece, 'function'), 'arguments')
    if (typeof text !== 'string' || text === '') return
    call.arguments += text
    yield { type: 'tool-call-delta', index, arguments: text }
  }
}

const reasons: Readonly<Record<string, EndReason>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
}

export function usageOf(usage: JsonValue): Usage {
  const count = (value: JsonValue | undefined): number => (typeof value === 'number' ? value : 0)
  return {
    promptTokens: count(memberOf(usage, 'prompt_tokens')),
    cachedTokens: count(memberOf(memberOf(usage, 'prompt_tokens_details'), 'cached_tokens')),
    generatedTokens: count(memberOf(usage, 'completion_tokens')),
  }
}
