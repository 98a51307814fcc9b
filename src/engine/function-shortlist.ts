/**
 * Which of several functions a request may mean, by the words that both have. A model that was not trained on calls picks among names
 * nearly at random and reads long lists of functions badly, so it is shown those alone that the words speak for.
 */
import type { ChatMessage, ToolDefinition, ToolUse } from '../tools/index.ts'
import type { JsonValue } from '../util/json.ts'
import { withDueFunctions } from './call-remainder.ts'
import { isSameWord } from './words.ts'

/** What a shared word is worth by where the function has it; in more places than one the best counts. */
const worth = { name: 3, description: 1.5, parameter: 1, detail: 0.3 } as const

/** What a name is worth of which the request has all words: a short name that is met says more than a long one that is touched. */
const wholeName = 4.5

/** Functions with this share of the best one's score stay too. */
const nearBest = 0.8

/** So do functions that explain this share in words which those chosen before do not have: a request may ask for several things. */
const leftToExplain = 0.3

/**
 * The same use of fewer functions: those that a request may mean, and those that the conversation has called. What else may be called
 * is left out, since nothing speaks for it.
 */
export function shortlistUse(use: ToolUse, request: string, messages: readonly ChatMessage[]): ToolUse {
  const names = new Set(use.callable.map(({ name }) => name))
  const open = use.definitions.filter(({ function: { name } }) => names.has(name))
  const called = new Set(messages.flatMap(({ tool_calls: calls = [] }) => calls.map((call) => call.function.name)))
  const shortlist = shortlistFunctions(request, open).map(({ function: { name } }) => name)
  const meant = new Set(use.parallel ? withDueFunctions(request, open, shortlist) : shortlist)
  const isKept = (name: string): boolean => meant.has(name) || called.has(name)
  if (use.definitions.every(({ function: { name } }) => isKept(name))) return use
  return {
    ...use,
    definitions: open.filter(({ function: { name } }) => isKept(name)),
    callable: use.callable.filter(({ name }) => isKept(name)),
  }
}

/**
 * The functions of a list that a request may mean, in the list's order. All of them where words say nothing: none is shared, or as in
 * another language than the functions' hardly any could be.
 */
export function shortlistFunctions(request: string, tools: readonly ToolDefinition[]): readonly ToolDefinition[] {
  if (tools.length < 2) return tools
  const scored = scoreFunctions(request, tools)
  const best = Math.max(...scored.map(({ score }) => score))
  if (best <= 0) return tools
  const kept = new Set(scored.filter(({ score }) => score >= nearBest * best))
  const explained = new Set([...kept].flatMap(({ words }) => [...words.keys()]))
  const rest = ({ words }: ScoredFunction): number =>
    [...words].reduce((sum, [word, value]) => (explained.has(word) ? sum : sum + value), 0)
  while (kept.size < scored.length) {
    const others = scored.filter((one) => !kept.has(one))
    const next = others.reduce((a, b) => (rest(b) > rest(a) ? b : a))
    if (rest(next) < leftToExplain * best) break
    kept.add(next)
    for (const word of next.words.keys()) explained.add(word)
  }
  return tools.filter((_, index) => kept.has(scored[index]))
}

interface ScoredFunction {
  readonly score: number
  /** The words of the request that the function has, each with its part of the score. */
  readonly words: ReadonlyMap<string, number>
}

/** Words that few of the functions have tell them apart, and count by that (inverse document frequency, as in BM25). */
function scoreFunctions(request: string, tools: readonly ToolDefinition[]): ScoredFunction[] {
  const asked = [...wordsOf(request)]
  const functions = tools.map(readFunction)
  const found = functions.map(({ places }) => {
    const values = asked.map((word) => [word, worthOf(word, places)] as const)
    return new Map(values.filter(([, value]) => value > 0))
  })
  const rarity = new Map(
    asked.map((word) => {
      const having = found.filter((words) => words.has(word)).length
      return [word, Math.log1p((tools.length - having + 0.5) / (having + 0.5))]
    }),
  )
  return functions.map(({ name }, index) => {
    const words = new Map([...found[index]].map(([word, value]) => [word, value * (rarity.get(word) ?? 0)]))
    const met = [...name].filter((word) => asked.some((other) => isSame(word, other))).length
    const sum = [...words.values()].reduce((total, value) => total + value, 0)
    return { words, score: sum + (wholeName * met) / Math.max(1, name.size) }
  })
}

interface FunctionWords {
  readonly name: ReadonlySet<string>
  /** Best first. */
  readonly places: readonly (readonly [value: number, words: ReadonlySet<string>])[]
}

function readFunction({ function: { name, description, parameters } }: ToolDefinition): FunctionWords {
  const properties = Object.entries(asSchema(parameters?.['properties']))
  const details = properties.map(([, value]) => {
    const { description: text, enum: choices } = asSchema(value)
    return `${asText(text)} ${Array.isArray(choices) ? choices.map(asText).join(' ') : ''}`
  })
  const nameWords = wordsOf(name)
  return {
    name: nameWords,
    places: [
      [worth.name, nameWords],
      [worth.description, wordsOf(asText(description))],
      [worth.parameter, wordsOf(properties.map(([key]) => key).join(' '))],
      [worth.detail, wordsOf(details.join(' '))],
    ],
  }
}

function worthOf(word: string, places: FunctionWords['places']): number {
  return places.find(([, words]) => words.has(word) || [...words].some((other) => isSame(word, other)))?.[0] ?? 0
}

/** Words of English sentences, and of descriptions of functions, that say nothing of what a function is for. */
const emptyWords = new Set(
  (
    'the of what how is are was for my you your to and with which who when where why please can could would does did there it i ' +
    'if a an in on at by from this that be or as me get give find has have using use between need want'
  ).split(' '),
)

/** In small letters; names in snake and camel case are taken apart. */
function wordsOf(text: string): ReadonlySet<string> {
  const apart = text.replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2').toLowerCase()
  const words = apart.match(/\p{L}+|\d+/gu) ?? []
  return new Set(words.filter((word) => word.length > 1 && !emptyWords.has(word)))
}

/** Short words are the same with an ending more: `day` and `days`. */
function isSame(a: string, b: string): boolean {
  return a === b || a === `${b}s` || b === `${a}s` || isSameWord(a, b)
}

function asText(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}

function asSchema(value: JsonValue | undefined): { readonly [keyword: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { readonly [keyword: string]: JsonValue })
    : {}
}
