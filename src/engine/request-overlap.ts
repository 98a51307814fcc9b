/**
 * How far a request speaks of what functions do: words that both have, and numbers for the parameters that need some. No model is
 * asked, so it costs nothing; it knows spellings alone, so it is evidence beside what the model finds and no rule.
 */
import type { ToolDefinition } from '../tools/index.ts'
import type { JsonValue } from '../util/json.ts'
import { firstSentence, isIn, leastLetters, type Words, wordsOf } from './words.ts'

/** All 0 for a request without words; of several functions the best one counts, feature by feature. */
export interface RequestOverlap {
  /** Share of the words of a function's name that the request has. */
  readonly name: number
  /** Share of the words of its name and the first sentence of its description. */
  readonly description: number
  /** Natural logarithm of 1 and the words of the request that the function has there or in its parameters. */
  readonly words: number
  /** Numbers that are required beyond those in the request, at most 2, negative. */
  readonly numbers: number
}

export const noOverlap: RequestOverlap = { name: 0, description: 0, words: 0, numbers: 0 }

/**
 * How far request and functions share words and numbers. Undefined where that says nothing: they share no word, and the request has only
 * numbers and signs, or is in another language than English, in which functions are mostly described.
 */
export function requestOverlap(request: string, tools: readonly ToolDefinition[]): RequestOverlap | undefined {
  const overlap = bestOverlap(request, tools)
  return overlap.words === 0 && !isEnglishText(request) ? undefined : overlap
}

/** Frequent in English and rare in its neighbours. */
const englishWords = new Set(
  'the of what how is are was for my you your to and with which who when where why please can could would does did there it i if'.split(
    ' ',
  ),
)

function isEnglishText(request: string): boolean {
  const words: readonly string[] = request.toLowerCase().match(/\p{L}+/gu) ?? []
  const isFrequent = (word: string): boolean => englishWords.has(word)
  return words.some(isFrequent) && words.some((word) => word.length >= leastLetters && !isFrequent(word))
}

function bestOverlap(request: string, tools: readonly ToolDefinition[]): RequestOverlap {
  const asked = wordsOf(request)
  const given = request.match(writtenNumber)?.length ?? 0
  const all = tools.map((tool) => overlapWith(asked, given, tool))
  if (all.length === 0) return noOverlap
  const best = (feature: keyof RequestOverlap): number => Math.max(...all.map((overlap) => overlap[feature]))
  return {
    name: best('name'),
    description: best('description'),
    words: best('words'),
    numbers: best('numbers'),
  }
}

const writtenNumber = /(?<![\p{L}\d_])\d[\d.,]*/gu

const mostMissingNumbers = 2

function overlapWith(asked: Words, given: number, { function: tool }: ToolDefinition): RequestOverlap {
  const properties = Object.entries(asSchema(tool.parameters?.['properties'] ?? {})).map(
    ([key, value]) => [key, asSchema(value)] as const,
  )
  const required = tool.parameters?.['required']
  const name = wordsOf(tool.name)
  const description = wordsOf(`${tool.name} ${firstSentence(tool.description)}`)
  const parameters = wordsOf(
    properties.map(([key, { description: text }]) => `${key} ${firstSentence(text)}`).join(' '),
  )
  const needed = properties.filter(([key, { type }]) => {
    return (type === 'integer' || type === 'number') && Array.isArray(required) && required.includes(key)
  }).length
  return {
    name: shareIn(name, asked),
    description: shareIn(description, asked),
    words: Math.log1p(
      [...asked.values()].flat().filter((word) => isIn(word, description) || isIn(word, parameters)).length,
    ),
    numbers: 0 - Math.min(mostMissingNumbers, Math.max(0, needed - given)),
  }
}

function shareIn(words: Words, others: Words): number {
  const all = [...words.values()].flat()
  return all.length === 0 ? 0 : all.filter((word) => isIn(word, others)).length / all.length
}

function asSchema(value: JsonValue): { readonly [keyword: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { readonly [keyword: string]: JsonValue })
    : {}
}
