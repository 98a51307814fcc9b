/** A loaded model as the AI SDK's language model, version 3 or 4: the same object but for the version that it names. */
import { OstroError } from '../util/error.ts'
import { chatOptionsOf } from './chat-options.ts'
import { messagesOf } from './messages.ts'
import type { CallOptions, ServedModel, Warning } from './served-model.ts'
import { type CallUsage, type FinishReason, type Metadata, type StreamPart, streamParts } from './stream-parts.ts'

export type Content =
  | { type: 'text' | 'reasoning'; text: string }
  | { type: 'tool-call'; toolCallId: string; toolName: string; input: string }

export interface GenerateResult {
  content: Content[]
  finishReason: FinishReason
  usage: CallUsage
  warnings: Warning[]
  providerMetadata: Metadata
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
    doStream: async (call) => ({ stream: streamOf(answerParts(model, modelId, call)) }),
  }
}

async function* answerParts(model: ServedModel, modelId: string, call: CallOptions): AsyncGenerator<StreamPart> {
  call.abortSignal?.throwIfAborted()
  const { options, warnings } = chatOptionsOf(call)
  yield { type: 'stream-start', warnings }
  yield { type: 'response-metadata', modelId }
  yield* streamParts(model.chat(messagesOf(call.prompt), options), { signal: call.abortSignal })
}

async function generate(model: ServedModel, modelId: string, call: CallOptions): Promise<GenerateResult> {
  const content: Content[] = []
  let warnings: Warning[] = []
  for await (const part of answerParts(model, modelId, call)) {
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
        return { content, finishReason, usage, warnings, providerMetadata, response: { modelId } }
      }
      default:
        break // Metadata, and pieces of calls that come whole as well.
    }
  }
  throw new OstroError('device', 'AI SDK: the stream ended without a finish. Load the model again.')
}

/** Reads from the model only when the reader wants more; a reader that leaves stops the model. */
function streamOf(parts: AsyncGenerator<StreamPart>): ReadableStream<StreamPart> {
  return new ReadableStream<StreamPart>({
    async pull(controller) {
      const { value, done } = await parts.next()
      if (done === true) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      await parts.return(undefined)
    },
  })
}
