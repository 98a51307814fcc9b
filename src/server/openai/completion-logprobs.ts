/** Log-probabilities in the form of /v1/completions: columns instead of one object per token. */
import { z } from 'zod'
import type { TextLogprobs } from './answer.ts'

export const completionLogprobsObject = z
  .strictObject({
    tokens: z.array(z.string()),
    /** Null for a first token, which nothing predicts. */
    token_logprobs: z.array(z.number().nullable()),
    top_logprobs: z.array(z.record(z.string(), z.number()).nullable()),
    /** In UTF-16 units of the choice's text. */
    text_offset: z.array(z.int()),
  })
  .meta({ id: 'CompletionLogprobs' })

export type CompletionLogprobs = z.infer<typeof completionLogprobsObject>

export function completionLogprobs(logprobs: TextLogprobs, top: number, offset: number): CompletionLogprobs {
  const columns: CompletionLogprobs = { tokens: [], token_logprobs: [], top_logprobs: [], text_offset: [] }
  let at = offset
  for (const entry of logprobs) {
    columns.tokens.push(entry.text)
    columns.token_logprobs.push(Math.max(entry.logprob, -9999))
    columns.top_logprobs.push(topTable(entry.top.slice(0, top)))
    columns.text_offset.push(at)
    at += entry.text.length
  }
  return columns
}

export function joinLogprobs(
  first: CompletionLogprobs | undefined,
  second: CompletionLogprobs | undefined,
): CompletionLogprobs | undefined {
  if (first === undefined || second === undefined) return first ?? second
  return {
    tokens: [...first.tokens, ...second.tokens],
    token_logprobs: [...first.token_logprobs, ...second.token_logprobs],
    top_logprobs: [...first.top_logprobs, ...second.top_logprobs],
    text_offset: [...first.text_offset, ...second.text_offset],
  }
}

/** Tokens with the same text share a line; the most probable one has it. */
export function topTable(
  entries: readonly { readonly text?: string; readonly token: number; readonly logprob: number }[],
) {
  const table: Record<string, number> = {}
  for (const { text, token, logprob } of entries) table[text ?? `token_${token}`] ??= Math.max(logprob, -9999)
  return table
}
