/** How probable a prompt's own tokens are, for `echo` with `logprobs`: what measures of likelihood ask of a server. */
import { badRequest } from '../api-error.ts'
import type { ServedModel } from '../served-model.ts'
import { type CompletionLogprobs, topTable } from './completion-logprobs.ts'

/** All logits of a prompt are in memory at once. */
const mostLogitBytes = 256 * 2 ** 20
/** Rows between two looks at what else there is to do. */
const rowsPerTurn = 4

/** @throws ApiError 400 where the prompt is too long for it */
export async function promptLogprobs(
  model: ServedModel,
  tokens: readonly number[],
  top: number,
  signal: AbortSignal,
): Promise<CompletionLogprobs> {
  const mostTokens = Math.floor(mostLogitBytes / 4 / model.info.vocabularySize)
  if (tokens.length > mostTokens) {
    throw badRequest(
      `echo: with logprobs a prompt may have ${mostTokens} tokens here, this one has ${tokens.length}.`,
      'echo',
    )
  }
  const names = new Map<number, string>()
  const nameOf = async (token: number): Promise<string> => {
    const known = names.get(token) ?? (await model.detokenize([token], { special: true }))
    names.set(token, known)
    return known
  }
  const { data, vocabularySize } = await model.logits(tokens, { rows: 'all', signal })
  const columns: CompletionLogprobs = { tokens: [], token_logprobs: [], top_logprobs: [], text_offset: [] }
  let offset = 0
  for (const [index, token] of tokens.entries()) {
    const text = await nameOf(token)
    columns.tokens.push(text)
    columns.text_offset.push(offset)
    // A BOS that the model's tokenizer puts before the prompt is no part of the text.
    if ((await model.detokenize([token])) !== '') offset += text.length
    if (index === 0) {
      columns.token_logprobs.push(null)
      columns.top_logprobs.push(null)
      continue
    }
    if (index % rowsPerTurn === 0) await new Promise((resolve) => setTimeout(resolve))
    signal.throwIfAborted()
    const row = data.subarray((index - 1) * vocabularySize, index * vocabularySize)
    const logSum = logSumExp(row)
    columns.token_logprobs.push(Math.max(row[token] - logSum, -9999))
    const best = greatest(row, top)
    const named = best.map(async (other) => ({ token: other, text: await nameOf(other), logprob: row[other] - logSum }))
    columns.top_logprobs.push(topTable(await Promise.all(named)))
  }
  return columns
}

function logSumExp(row: Float32Array): number {
  let most = -Infinity
  for (const value of row) if (value > most) most = value
  let sum = 0
  for (const value of row) sum += Math.exp(value - most)
  return most + Math.log(sum)
}

/** Indices of the `count` greatest values, greatest first. */
function greatest(row: Float32Array, count: number): number[] {
  const best: number[] = []
  for (let index = 0; index < row.length; index++) {
    if (best.length === count && !(row[index] > row[best[count - 1]])) continue
    let place = best.length
    while (place > 0 && row[index] > row[best[place - 1]]) place--
    best.splice(place, 0, index)
    if (best.length > count) best.pop()
  }
  return best
}
