/**
 * What may be called after the calls made so far. A small model would write the last one once more, or invent one, where the request says
 * what is left: a function that it speaks of, or values that no call holds in the place of those that one does.
 */
import {
  type CallableTool,
  type HeldParameters,
  type LeftoverValues,
  narrowTools,
  type ToolUse,
} from '../tools/index.ts'
import { continuationProbability } from './call-continuation.ts'
import {
  callRemainder,
  distinct,
  dueFunctions,
  findLeftOver,
  heldBy,
  type LeftOver,
  type MadeCall,
  readRequest,
} from './call-remainder.ts'
import { compileSchema } from './formats.ts'
import { isHeld, isName, isNumber, type RequestPart } from './request-parts.ts'
import { isIn, splitWords, wordsOf } from './words.ts'

/**
 * Answers for the calls made so far which functions may be called next, each with what its call has to hold. Undefined where the answer is
 * whole.
 */
export function decideFurtherCalls(
  request: string,
  use: ToolUse,
): (calls: readonly MadeCall[]) => readonly CallableTool[] | undefined {
  const tools = use.definitions.filter((tool) => use.callable.some(({ name }) => name === tool.function.name))
  const reading = readRequest(request, tools)
  let before: LeftOver | undefined
  return (calls) => {
    const leftOver = findLeftOver(reading, calls)
    const stalled = before !== undefined && hasStalled(before, leftOver)
    before = leftOver
    if (stalled || continuationProbability(callRemainder(leftOver)) < 0.5) return undefined
    const due = dueFunctions(leftOver)
    if (due.length === 0) return narrowTools(use, compileSchema, demandsOf(leftOver))
    return narrowTools(use, compileSchema).filter(({ name }) => due.includes(name))
  }
}

/** Whether the last call took nothing of what was left and called no other function: then there would be no end. */
function hasStalled(before: LeftOver, { calls, left, siblings }: LeftOver): boolean {
  const isNew = before.calls.every(({ name }) => name !== calls.at(-1)?.name)
  return !isNew && distinct([...left, ...siblings]).length >= distinct([...before.left, ...before.siblings]).length
}

/** What the next call of each function called so far has to hold; none for a function without such a demand. */
function demandsOf(leftOver: LeftOver): ReadonlyMap<string, HeldParameters> {
  const last = new Map(leftOver.calls.map((call) => [call.name, call]))
  return new Map(
    [...last].flatMap(([name, call]) => {
      const demand = fromLists(call, leftOver) ?? fromNames(call, leftOver) ?? fromKinds(call, leftOver)
      return demand === undefined ? [] : [[name, demand] as const]
    }),
  )
}

/** A list goes on where a call holds one of its members: "for 15, 20 and 30 years". */
function fromLists({ arguments: values }: MadeCall, leftOver: LeftOver): HeldParameters | undefined {
  const { request, lists, siblings } = leftOver
  const open = new Set(siblings)
  const parameters = Object.entries(values).flatMap(([key, value]) => {
    const held = heldBy([value])
    const rest = lists.flatMap((list) => {
      return list.some((part) => isHeld(part, held)) ? list.filter((part) => open.has(part)) : []
    })
    return rest.length === 0 ? [] : [[key, valuesOf(request, rest)] as const]
  })
  return parameters.length === 0 ? undefined : { parameters: Object.fromEntries(parameters), every: false }
}

/** A number goes where its name stands before it: "a sample size of 50", "a change in time of 10 seconds". */
function fromNames({ arguments: values }: MadeCall, leftOver: LeftOver): HeldParameters | undefined {
  const { request, parts, left } = leftOver
  const numbers = parts.filter(isNumber)
  const keys = Object.keys(values).filter((key) => {
    const held = heldBy([values[key]])
    return numbers.some((part) => isHeld(part, held))
  })
  const named = new Map<string, RequestPart[]>()
  for (const part of left.filter(isNumber)) {
    const before = wordsOf(clauseBefore(request, part, numbers))
    const shared = keys.map((key) => splitWords(key).filter((word) => isIn(word, before)).length)
    const most = Math.max(0, ...shared)
    if (most === 0 || shared.filter((count) => count === most).length > 1) continue
    const key = keys[shared.indexOf(most)]
    named.set(key, [...(named.get(key) ?? []), part])
  }
  if (named.size === 0) return undefined
  const parameters = [...named].map(([key, rest]) => [key, valuesOf(request, rest)] as const)
  return { parameters: Object.fromEntries(parameters), every: true }
}

/** What of a part's clause stands before it and behind the number before. */
function clauseBefore(request: string, { start }: RequestPart, numbers: readonly RequestPart[]): string {
  const from = Math.max(0, ...numbers.flatMap((other) => (other.start < start ? [Math.min(other.end, start)] : [])))
  return (
    request
      .slice(from, start)
      .split(/[.,?!;:]|\b(?:and|then|or)\b/i)
      .at(-1) ?? ''
  )
}

/** Otherwise numbers follow numbers and names follow names: all of them where as many are left as a call took. */
function fromKinds({ arguments: values }: MadeCall, leftOver: LeftOver): HeldParameters | undefined {
  const { request, parts, left } = leftOver
  const found = [isNumber, isName].map((isOfKind) => {
    const rest = left.filter(isOfKind)
    const keys = Object.entries(values).flatMap(([key, value]) => {
      const held = heldBy([value])
      return parts.some((part) => isOfKind(part) && isHeld(part, held)) ? [key] : []
    })
    return { keys: rest.length === 0 ? [] : keys, rest, enough: rest.length >= keys.length }
  })
  const full = found.filter(({ keys, enough }) => keys.length > 0 && enough)
  const chosen = full.length > 0 ? full : found
  const parameters = chosen.flatMap(({ keys, rest }) => keys.map((key) => [key, valuesOf(request, rest)] as const))
  return parameters.length === 0 ? undefined : { parameters: Object.fromEntries(parameters), every: full.length > 0 }
}

/** Per cent may be given as a share. */
function valuesOf(request: string, parts: readonly RequestPart[]): LeftoverValues {
  const numbers = parts.flatMap(({ kind, text, end }) => {
    if (kind !== 'number') return []
    return request[end] === '%' ? [Number(text), Number(text) / 100] : [Number(text)]
  })
  return { numbers, texts: distinct(parts).flatMap(({ kind, text }) => (kind === 'number' ? [] : [text])) }
}
