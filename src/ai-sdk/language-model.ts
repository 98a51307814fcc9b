/** A loaded model as the AI SDK's language model, version 3 or 4: the same object but for the version that it names. */
import type { ChatEvent } from '../tools/chat-model.ts'
import { OstroError } from '../util/error.ts'
import { chatOptionsOf } from './chat-options.ts'
import { messagesOf } from './messages.ts'
import type { CallOptions, ServedModel, Warning } from './served-model.ts'
import {
  type CallUsage,
  failedFinish,
  type FinishReason,
  type Metadata,
  type StreamPart,
  streamParts,
} from './stream-parts.ts'

export type Content =
  | { type: 'text' | 'reasoning'; text: string }
  | { type: 'tool-call'; toolCallId: string; toolName: string; input: string }

export interface GenerateResult {
  content: Content[]
  finishReason: FinishReason
  usage: CallUsage
  warnings: Warning[]
  providerMetadata?: Metadata
  response: { modelId: string }
}

export interface LanguageModel<Version extends 'v3' | 'v4'> {
  readonly specificationVersion: Version
  readonly provider: 'ostro'
  readonly modelId: string
  /** Files of no kind are read. */
  readonly supportedUrls: Record<string, RegExp[]>
  doGenerate(call: CallOptions): Promise<GenerateResult>
  doStream(call: CallOptions): Promise<{ stream: ReadableStream<StreamPart> }>
}

export function createLanguageModel<Version extends 'v3' | 'v4'>(
  model: ServedModel,
  modelId: string,
  specificationVersion: Version,
): LanguageModel<Version> {
  return {
    specificationVersion,
    provider: 'ostro',
    modelId,
    supportedUrls: {},
    doGenerate: (call) => generate(model, modelId, call),
    doStream: async (call) => ({ stream: streamOf(await answerParts(model, modelId, call), call.abortSignal) }),
  }
}

/**
 * Waits until the model has read the prompt, so that what is wrong with the call is an error of the call and not of its stream.
 * @throws OstroError as `Model.chat`
 */
async function answerParts(
  model: ServedModel,
  modelId: string,
  call: CallOptions,
): Promise<AsyncGenerator<StreamPart>> {
  const { abortSignal: signal } = call
  signal?.throwIfAborted()
  const { options, warnings } = chatOptionsOf(call)
  const events = model.chat(messagesOf(call.prompt), options)[Symbol.asyncIterator]()
  const first = await events.next()
  return (async function* (): AsyncGenerator<StreamPart> {
    yield { type: 'stream-start', warnings }
    yield { type: 'response-metadata', modelId }
    yield* streamParts(resumed(first, events), { signal })
  })()
}

async function* resumed(first: IteratorResult<ChatEvent>, events: AsyncIterator<ChatEvent>): AsyncGenerator<ChatEvent> {
  try {
    for (let step = first; step.done !== true; step = await events.next()) yield step.value
  } finally {
    await events.return?.()
  }
}

async function generate(model: ServedModel, modelId: string, call: CallOptions): Promise<GenerateResult> {
  const content: Content[] = []
  let warnings: Warning[] = []
  for await (const part of await answerParts(model, modelId, call)) {
    switch (part.type) {
      case 'stream-start':
        warnings = part.warnings
        break
      case 'text-start':
        content.push({ type: 'text', text: '' })
        break
      case 'reasoning-start':
        content.push({ type: 'reasoning', text: '' })
        break
      case 'text-delta':
      case 'reasoning-delta': {
        const block = content.at(-1)
        if (block !== undefined && 'text' in block) block.text += part.delta
        break
      }
      case 'tool-call':
        content.push(part)
        break
      case 'finish': {
        const { finishReason, usage, providerMetadata } = part
        return {
          content,
          finishReason,
          usage,
          warnings,
          ...(providerMetadata && { providerMetadata }),
          response: { modelId },
        }
      }
      default:
        break // Metadata, and pieces of calls that come whole as well.
    }
  }
  throw new OstroError('device', 'AI SDK: the stream ended without a finish. Load the model again.')
}

/**
 * Reads from the model only when the reader wants more; a reader that leaves, or a signal, stops the model. A failure in the
 * middle is a part of the stream, as it is with models over HTTP.
 */
function streamOf(parts: AsyncGenerator<StreamPart>, signal: AbortSignal | undefined): ReadableStream<StreamPart> {
  const stop = (): void => {
    // Whoever reads next learns of the abort; here nobody waits.
    void parts.return(undefined).catch(() => {})
  }
  signal?.addEventListener('abort', stop, { once: true })
  return new ReadableStream<StreamPart>({
    async pull(controller) {
      try {
        const { value, done } = await parts.next()
        if (done !== true) return controller.enqueue(value)
        if (signal?.aborted === true) return controller.error(signal.reason)
      } catch (error) {
        if (signal?.aborted === true) return controller.error(signal.reason)
        controller.enqueue({ type: 'error', error })
        controller.enqueue(failedFinish)
      }
      signal?.removeEventListener('abort', stop)
      return controller.close()
    },
    async cancel() {
      signal?.removeEventListener('abort', stop)
      await parts.return(undefined)
    },
  })
}
