/**
 * What a tool said, as much of it as a model should read at once: a long text is cut with a mark that says so and how to read on, which the
 * built-in tool `read_on` does.
 */
import type { LanguageModel } from '../tools/language-model.ts'
import { tool, type Tool } from '../tools/tool.ts'
import { OstroError } from '../util/error.ts'
import type { JsonValue } from '../util/json.ts'

export const readOnName = 'read_on'

export interface LongResults {
  /** The text, or its beginning and the mark. */
  readonly shorten: (id: string, text: string) => Promise<string>
  /** Whether anything was cut, so that there is something to read on. */
  readonly any: () => boolean
  readonly tool: Tool
}

/** @param mostTokens that a result may have now, as the model counts them, without the mark */
export function keepLongResults(model: LanguageModel, mostTokens: () => number): LongResults {
  const kept = new Map<string, string>()
  const partOf = async (id: string, text: string, from: number): Promise<string> => {
    const rest = text.slice(from)
    const length = await fittingLength(model, rest, mostTokens())
    const part = rest.slice(0, length)
    if (from + length >= text.length) return part
    kept.set(id, text)
    const end = from + length
    const call = JSON.stringify({ id, from: end })
    return `${part}\n[Cut: characters ${from} to ${end} of ${text.length}. Call ${readOnName} with ${call} for what follows.]`
  }
  return {
    shorten: (id, text) => partOf(id, text, 0),
    any: () => kept.size > 0,
    tool: tool({
      name: readOnName,
      description: 'Reads on in a long result that was cut, from a character of it.',
      input: {
        type: 'object',
        properties: { id: { type: 'string' }, from: { type: 'integer', minimum: 0 } },
        required: ['id', 'from'],
        additionalProperties: false,
      },
      run: async (input: JsonValue) => {
        const { id, from } = input as { readonly id: string; readonly from: number }
        const text = kept.get(id)
        if (text === undefined) {
          const known = [...kept.keys()].join(', ')
          throw new OstroError(
            'not-found',
            `${readOnName}: the id of a result that was cut expected (${known}), got ${id}.`,
          )
        }
        if (from < text.length) return partOf(id, text, from)
        throw new OstroError('invalid-argument', `${readOnName}: from below ${text.length} expected, got ${from}.`)
      },
    }),
  }
}

/** Characters at the beginning of a text that are at most so many tokens, at least one; none is cut in half. */
async function fittingLength(model: LanguageModel, text: string, mostTokens: number): Promise<number> {
  // A UTF-16 unit is at most three bytes and a token at least one: what is this short needs no counting.
  if (text.length * 3 <= mostTokens) return text.length
  let length = wholeLength(text, Math.min(text.length, mostTokens * mostUnitsPerToken))
  for (;;) {
    const tokens = await model.countTokens(text.slice(0, length))
    const shorter = wholeLength(text, Math.floor(length * Math.min(0.95, (mostTokens / tokens) * 0.98)))
    if (tokens <= mostTokens || shorter === length) return length
    length = shorter
  }
}

/** Longer beginnings are not even counted: no text that anybody reads has so few tokens. */
const mostUnitsPerToken = 32

/** At least one character, and no half of a surrogate pair. */
function wholeLength(text: string, length: number): number {
  const least = Math.max(1, length)
  const isHalf = least < text.length && /[\uD800-\uDBFF]/.test(text.charAt(least - 1))
  if (!isHalf) return least
  return least === 1 ? 2 : least - 1
}
