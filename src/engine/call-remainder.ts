/**
 * What the calls made so far leave of a request: values that none of them holds, lists that go on, functions that are spoken of and not
 * called. No model is asked; it is evidence for a further call beside what the model finds, and no rule.
 */
import type { ToolDefinition } from '../tools/index.ts'
import type { JsonValue } from '../util/json.ts'
import {
  frequentWords,
  type Held,
  isHeld,
  isName,
  isNumber,
  listsOf,
  partsOf,
  type RequestPart,
} from './request-parts.ts'
import { firstSentence, isIn, isSameWord, leastLetters, splitWords, wordsOf } from './words.ts'

export interface MadeCall {
  readonly name: string
  readonly arguments: { readonly [name: string]: JsonValue }
}

/** Counts are of different values, and bounded: what is much is as good as more. */
export interface CallRemainder {
  /** Numbers that no call holds, at most 4. */
  readonly numbers: number
  /** Names and quoted texts that no call holds and no function speaks of, at most 4. */
  readonly names: number
  /** 1 where as many numbers, and as many names and quoted texts, are left as a call took. */
  readonly again: number
  /** Natural logarithm of 1 and the other words of which that is so: long requests say much that no call needs. */
  readonly words: number
  /** Members that no call holds, of lists of which some are held, at most 2. */
  readonly siblings: number
  /** How much oftener the most frequent word stands in the request than calls were made, at most 2. */
  readonly repeats: number
  /** Words such as "also" and "then" beyond those that calls so far account for, at most 2. */
  readonly cues: number
  /** Of the words of a function's name, the share that the request has and neither the functions called nor their values. The best one counts. */
  readonly otherFunction: number
  /** 1 after more than one call. */
  readonly further: number
}

export function callRemainder(leftOver: LeftOver): CallRemainder {
  const { request, calls, parts, left, siblings } = leftOver
  return {
    numbers: Math.min(4, left.filter(isNumber).length),
    names: Math.min(4, left.filter(isName).length),
    again: hasAgain(leftOver) ? 1 : 0,
    words: Math.log1p(left.filter(({ kind }) => kind === 'word').length),
    siblings: Math.min(2, siblings.length),
    repeats: bounded(mostRepeats(parts) - calls.length),
    cues: bounded((request.match(cue)?.length ?? 0) - (calls.length - 1)),
    otherFunction: Math.max(0, ...freshShares(leftOver)),
    further: calls.length > 1 ? 1 : 0,
  }
}

/** A request and the functions that could be called for it. */
export interface RequestReading {
  readonly request: string
  readonly tools: readonly ToolDefinition[]
  readonly parts: readonly RequestPart[]
  /** What the functions say of themselves. */
  readonly spoken: Held
  /** Names of functions and parameters. */
  readonly named: Held
}

export function readRequest(request: string, tools: readonly ToolDefinition[]): RequestReading {
  const spoken = heldBy(tools.map((tool) => textsOf(tool)))
  const named = heldBy(tools.map((tool) => namesOf(tool)))
  return { request, tools, parts: partsOf(request), spoken, named }
}

/** What calls leave of a request. */
export interface LeftOver extends RequestReading {
  readonly calls: readonly MadeCall[]
  /** What the calls hold. */
  readonly held: Held
  /** Different parts that no call holds and that are not the functions' own words. */
  readonly left: readonly RequestPart[]
  /** Lists of which calls hold some members and not all. */
  readonly lists: readonly (readonly RequestPart[])[]
  /** Different members of such lists that no call holds. */
  readonly siblings: readonly RequestPart[]
}

export function findLeftOver(reading: RequestReading, calls: readonly MadeCall[]): LeftOver {
  const { request, parts, spoken, named } = reading
  const held = heldBy(calls.map((call) => call.arguments))
  const isOpen = (part: RequestPart): boolean => !isHeld(part, held)
  const left = distinct(parts).filter((part) => {
    return isOpen(part) && (part.kind === 'number' || part.kind === 'quoted' || !isHeld(part, spoken))
  })
  const isSibling = (part: RequestPart): boolean => isOpen(part) && !isHeld(part, named)
  const lists = listsOf(request, parts).filter((list) => list.some(isSibling) && !list.every(isOpen))
  return { ...reading, calls, held, left, lists, siblings: distinct(lists.flat()).filter(isSibling) }
}

const cue =
  /\b(?:also|respectively|another|additionally|then|second|secondly|third|fourth|again|repeat|instead|likewise|further|finally|lastly)\b/giu

function bounded(value: number): number {
  return Math.min(2, Math.max(0, value))
}

export function distinct(parts: readonly RequestPart[]): readonly RequestPart[] {
  const keyOf = ({ kind, text }: RequestPart): string => (kind === 'number' ? `${Number(text)}` : text.toLowerCase())
  return [...new Map(parts.toReversed().map((part) => [keyOf(part), part])).values()].toReversed()
}

/** The words and numbers of values, at any depth. */
export function heldBy(values: readonly JsonValue[]): Held {
  const scalars = values.flatMap(scalarsOf)
  const texts = scalars.filter((value) => typeof value === 'string')
  const written = texts
    .flatMap((text) => text.match(/\d[\d.,]*/g) ?? [])
    .map((text) => Number(text.replaceAll(',', '')))
  return {
    words: wordsOf(texts.join(' '), 1),
    numbers: [...scalars.filter((value) => typeof value === 'number'), ...written],
  }
}

function scalarsOf(value: JsonValue): readonly JsonValue[] {
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(scalarsOf) : [value]
}

/** All that a function says of itself. */
function textsOf({ function: { name, description, parameters } }: ToolDefinition): JsonValue {
  return [name, description ?? '', ...describedParameters(parameters ?? null)]
}

function namesOf({ function: { name, parameters } }: ToolDefinition): JsonValue {
  return [name, ...Object.keys(asRecord(asRecord(parameters ?? null)['properties']))]
}

function describedParameters(schema: JsonValue): JsonValue[] {
  const { properties, items } = asRecord(schema)
  const own = Object.entries(asRecord(properties)).flatMap(([key, value]) => {
    return [key, asRecord(value)['description'] ?? '', ...describedParameters(value)]
  })
  return items === undefined ? own : [...own, ...describedParameters(items)]
}

/** Whether each kind of value that calls took is there once more for a further call. */
function hasAgain({ calls, parts, held, left }: LeftOver): boolean {
  const taken = distinct(parts).filter((part) => isHeld(part, held))
  const kinds = [isNumber, isName].filter((isOfKind) => taken.some(isOfKind))
  return (
    kinds.length > 0 &&
    kinds.every((isOfKind) => left.filter(isOfKind).length >= taken.filter(isOfKind).length / calls.length)
  )
}

/** How often the most frequent word of a request stands in it. */
function mostRepeats(parts: readonly RequestPart[]): number {
  const counts = new Map<string, number>()
  for (const { kind, text } of parts) {
    if (kind === 'number') continue
    for (const word of splitWords(text)) {
      if (word.length < leastLetters) continue
      const known = [...counts.keys()].find((other) => isSameWord(other, word)) ?? word
      counts.set(known, (counts.get(known) ?? 0) + 1)
    }
  }
  return Math.max(0, ...counts.values())
}

/** Least share of the words of a name that is no chance. */
const leastShare = 0.5

/** Functions that the request speaks of by name and that were not called. */
export function dueFunctions(leftOver: LeftOver): readonly string[] {
  const shares = freshShares(leftOver)
  const most = Math.max(leastShare, ...shares)
  return leftOver.tools.filter((_, index) => shares[index] >= most).map((tool) => tool.function.name)
}

/** These functions, and those that the request speaks of although these are called: it may ask for several things. */
export function withDueFunctions(
  request: string,
  tools: readonly ToolDefinition[],
  names: readonly string[],
): readonly string[] {
  const reading = readRequest(request, tools)
  const all = [...names]
  for (let due = all; due.length > 0;) {
    const calls = all.map((name): MadeCall => ({ name, arguments: {} }))
    due = [...dueFunctions(findLeftOver(reading, calls))]
    all.push(...due)
  }
  return all
}

/** Of the words of each function's name, the share that the request has and that neither the functions called nor their values explain. */
function freshShares({ tools, calls, parts, held }: LeftOver): readonly number[] {
  const names = new Set(calls.map((call) => call.name))
  const called = tools.filter((tool) => names.has(tool.function.name)).map((tool) => tool.function)
  const explained = wordsOf(called.map(({ name, description }) => `${name} ${firstSentence(description)}`).join(' '))
  const asked = wordsOf(parts.flatMap(({ kind, text }) => (kind === 'number' ? [] : [text])).join(' '))
  return tools.map(({ function: { name } }) => {
    if (names.has(name)) return 0
    const fresh = [...new Set(splitWords(name))].filter((word) => {
      const says = word.length >= leastLetters && !frequentWords.has(word)
      return says && !isIn(word, explained) && !isIn(word, held.words)
    })
    return fresh.length === 0 ? 0 : fresh.filter((word) => isIn(word, asked)).length / fresh.length
  })
}

function asRecord(value: JsonValue | undefined): { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { readonly [key: string]: JsonValue })
    : {}
}
