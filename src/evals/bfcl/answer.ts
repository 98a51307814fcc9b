/** How a model is asked: with tools, so that its calls are held to their schemas, or in plain text that is read afterwards. */
import type { Model } from '../../engine/model.ts'
import type { ToolFormat } from '../../tools/index.ts'
import { OstroError } from '../../util/error.ts'
import type { Usage } from '../../util/generation.ts'
import { type AdaptedFunctions, adaptFunctions } from './adapt-functions.ts'
import { type Answer, checkAnswer, languageOf } from './check-answer.ts'
import type { Call, Fault } from './check-call.ts'
import type { BfclItem } from './data-set.ts'
import { isRecord, readPythonJson } from './python-value.ts'
import { readCalls } from './read-calls.ts'

/**
 * `prompt`: the universal prompt without any constraint, the text read as well as possible; `universal`: the notation that every
 * model can be held to; `native`: the one that the model's template knows. Without a mode: what a user gets.
 */
export type Mode = 'prompt' | ToolFormat

export const modes: readonly Mode[] = ['prompt', 'universal', 'native']

interface Answered {
  readonly answer: Answer
  readonly usage: Usage
}

/** What a model makes of an item. A request that does not fit the context is a fault of any category, also where no call is right. */
export async function evaluateItem(
  model: Model,
  item: BfclItem,
  mode?: Mode,
  signal?: AbortSignal,
): Promise<{ readonly fault: Fault | undefined; readonly usage: Pick<Usage, 'promptTokens' | 'generatedTokens'> }> {
  if (item.functions.length === 0 && model.info.kind === 'base') {
    // Without functions this is a chat, which a base model has not; what is asked is only whether it calls, and it can't.
    return { fault: checkAnswer(item, { calls: [] }), usage: { promptTokens: 0, generatedTokens: 0 } }
  }
  try {
    const { answer, usage } = await answerItem(model, item, mode, signal)
    return { fault: checkAnswer(item, answer), usage }
  } catch (error) {
    if (!(error instanceof OstroError && error.code === 'context-overflow')) throw error
    const { promptTokens } = error.fields
    return {
      fault: { kind: 'no-room', message: error.message },
      usage: { promptTokens: Number(promptTokens ?? 0), generatedTokens: 0 },
    }
  }
}

/** Room for a handful of calls; weak models without constraint do not end by themselves. */
const maxTokens = 400

/** @throws OstroError `unsupported` for `native` where the model's template knows no tools, `aborted` */
function answerItem(model: Model, item: BfclItem, mode?: Mode, signal?: AbortSignal): Promise<Answered> {
  const functions = adaptFunctions(item.functions, languageOf(item.category))
  return mode === 'prompt'
    ? answerInText(model, item, functions, signal)
    : answerWithTools(model, item, functions, mode, signal)
}

async function answerWithTools(
  model: Model,
  { messages }: BfclItem,
  { tools, originalName }: AdaptedFunctions,
  toolFormat: ToolFormat | undefined,
  signal: AbortSignal | undefined,
): Promise<Answered> {
  const calls: Call[] = []
  for await (const event of model.chat(messages, { tools, toolFormat, temperature: 0, maxTokens, signal })) {
    if (event.type === 'tool-call') {
      const values = readPythonJson(event.arguments)
      calls.push({ name: originalName(event.name), arguments: isRecord(values) ? values : {} })
    }
    if (event.type === 'end' && event.reason !== 'aborted') return { answer: { calls }, usage: event.usage }
  }
  throw new OstroError('aborted', 'bfcl: the signal fired.')
}

async function answerInText(
  model: Model,
  { messages }: BfclItem,
  { tools, originalName }: AdaptedFunctions,
  signal: AbortSignal | undefined,
): Promise<Answered> {
  const prompt = await model.render(messages, { tools, toolFormat: 'universal' })
  const tokens = await model.tokenize(prompt, { addSpecial: model.info.kind === 'base', parseSpecial: true })
  const { text, usage } = await model.complete(tokens, { temperature: 0, maxTokens, stop: ['\n\n'], signal })
  const read = readCalls(
    text,
    tools.map(({ function: { name } }) => name),
  )
  const calls = read.calls.map((call) => ({ ...call, name: originalName(call.name) }))
  return { answer: { ...read, calls }, usage }
}
