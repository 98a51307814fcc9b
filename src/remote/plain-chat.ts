/**
 * Tools and formats for a model whose server has none: the universal notation as a plain completion, held to its grammar here. What is
 * needed of the server is `/v1/completions`.
 */
import { compileFormat, compileJsonSchema } from '../constrain/index.ts'
import type { ChatMessage, ChatModel, ChatOptions } from '../tools/chat-model.ts'
import {
  checkTools,
  completionPrompt,
  createTurnReader,
  defaultPromptOptions,
  turnGrammar,
  type TurnState,
  universalCompletion,
} from '../tools/index.ts'
import { OstroError } from '../util/error.ts'
import { createEndpoint, type RemoteOptions } from './endpoint.ts'
import { holdCompletion, type TextSource } from './held-completion.ts'
import { textSource } from './text-source.ts'

const defaultMaxTokens = 1024
/** Enough for a space and the first character of an answer. */
const decisionTokens = 2

/**
 * A chat model over plain completions: `toolChoice` is kept, arguments are valid, a format holds, whatever the model and its server know
 * of tools. The conversation is told as worked examples and lines, so that base models follow it too. Without tools and format it answers
 * in one line.
 *
 * @throws OstroError `invalid-argument` for a malformed address; from its stream also `network`, `not-found`, `unsupported`
 * @example
 * const model = plainChat({ baseUrl: 'http://127.0.0.1:8000/v1', model: 'qwen-72b' })
 * for await (const event of model.chat(messages, { tools: [weather], toolChoice: 'required' })) console.log(event)
 */
export function plainChat(remote: RemoteOptions): ChatModel {
  const endpoint = createEndpoint(remote)
  return {
    async *chat(messages, options = {}) {
      const started = performance.now()
      const { format: _, tools: __, ...sampling } = options
      const source = textSource(endpoint, sampling)
      const { signal } = options
      const turn = await decided(prepareTurn(messages, options), source, signal)
      const reader = createTurnReader({ start: turn.start, idOf: (index) => `call_${index}` })
      const maxTokens = options.maxTokens ?? defaultMaxTokens
      let firstAt: number | undefined
      let used = { complete: false, usedTokens: 0 }
      for await (const piece of holdCompletion({ ...turn, source, maxTokens, signal })) {
        if (piece.type === 'end') {
          used = piece
          break
        }
        firstAt ??= performance.now()
        yield* reader.push(piece.bytes, piece.states)
        if (reader.over) {
          used = { ...used, complete: true }
          break
        }
      }
      yield* reader.flush()
      const now = performance.now()
      const prefillMs = (firstAt ?? now) - started
      const reason = !used.complete ? 'length' : reader.calls > 0 ? 'tool-calls' : 'stop'
      yield {
        type: 'end',
        reason,
        usage: { promptTokens: 0, cachedTokens: 0, generatedTokens: used.usedTokens },
        timings: { waitMs: 0, prefillMs, decodeMs: now - started - prefillMs },
        seed: options.seed ?? 0,
      }
    },
  }
}

interface Turn {
  readonly prompt: string
  readonly start: TurnState
  readonly opening: string
}

type Mode = 'auto' | 'required' | 'none' | 'free'

function prepareTurn(messages: readonly ChatMessage[], options: ChatOptions) {
  if (options.stop !== undefined && options.stop.length > 0) {
    throw new OstroError('unsupported', 'remote: stop strings are not kept over a plain endpoint. Leave them out.')
  }
  const use = checkTools(options, compileJsonSchema)
  const mode: Mode = use === undefined ? 'free' : use.mode
  const input = { messages, tools: use?.definitions ?? [], mode: use?.mode ?? 'none' }
  const prompt = completionPrompt(input, defaultPromptOptions.completion)
  const inMode = (chosen: Mode): Turn => {
    const { start } = turnGrammar(universalCompletion, {
      tools: use?.callable ?? [],
      mode: chosen,
      parallel: use?.parallel ?? false,
      thinking: 'off',
      controls: [],
      decidedAgainstCalls: mode === 'auto' && chosen === 'none',
      content: options.format === undefined ? undefined : compileFormat(options.format).start,
    })
    return { prompt, start, opening: chosen === 'required' ? ` ${opener}` : '' }
  }
  return { prompt, mode, inMode }
}

const opener = universalCompletion.calls.open + universalCompletion.calls.before

/** In `auto` the model's own first characters say whether it calls; then it is held to that. */
async function decided(
  { prompt, mode, inMode }: ReturnType<typeof prepareTurn>,
  source: TextSource,
  signal: AbortSignal | undefined,
): Promise<Turn> {
  if (mode !== 'auto') return inMode(mode)
  let begin = ''
  for await (const text of source.stream(prompt, decisionTokens, signal)) begin += text
  return inMode(begin.trimStart().startsWith(opener[0] as string) ? 'required' : 'none')
}
