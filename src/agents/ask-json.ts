/** Asks a model for JSON of a schema; what does not fit goes back to it with the validator's words. */
import * as z from 'zod'
import type { ChatMessage } from '../tools/chat-model.ts'
import type { LanguageModel, Prompt } from '../tools/language-model.ts'
import type { AskOptions, Run } from '../tools/steps/run.ts'
import type { JsonValue } from '../util/json.ts'

/** Answers that do not fit go back so often. */
const mostRepairs = 2

/**
 * The value, or undefined, with a warning `answer-invalid`, where the model wrote none that fits after two repairs. Base models are asked
 * for another sample instead, since they take no reply.
 *
 * @param held what models that keep every form are held to: a narrower schema than the one that the answer has to fit
 * @throws what the model throws
 */
export async function askJson<Value, C>(
  run: Run<C>,
  model: LanguageModel,
  prompt: Prompt,
  schema: z.ZodType<Value>,
  options: Omit<AskOptions, 'format'>,
  held: z.ZodType = schema,
): Promise<Value | undefined> {
  const { $schema: _, ...form } = z.toJSONSchema(model.can.format ? held : schema)
  const repairs: ChatMessage[] = []
  for (let attempt = 0; attempt <= mostRepairs; attempt++) {
    const { text } = await run.ask(model, typeof prompt === 'string' ? prompt : [...prompt, ...repairs], {
      ...options,
      path: [...options.path, attempt],
      temperature: attempt === 0 ? options.temperature : 0.7,
      format: { type: 'json-schema', schema: form as JsonValue },
    })
    const read = schema.safeParse(parseJson(text))
    if (read.success) return read.data
    const problem = z.prettifyError(read.error)
    repairs.push(
      { role: 'assistant', content: text },
      {
        role: 'user',
        content: `This does not fit: ${problem}\nAnswer again, with JSON of the form that was asked for.`,
      },
    )
  }
  run.warn(
    'answer-invalid',
    `Asked ${mostRepairs + 1} times, ${model.id} has written no JSON of the form that was asked for (purpose: ${options.purpose}); ` +
      'the run went on without it.',
  )
  return undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // No JSON at all: the schema says what was expected in its place.
    return undefined
  }
}
