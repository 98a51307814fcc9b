/**
 * What a call in Python's notation is expected to be by the words of a request: optional arguments that something speaks for, and values
 * that are copied. Code that no model is asked for; it stands beside the model's own probabilities.
 */
import type { ToolDefinition } from '../chat-model.ts'
import { plainNumbers } from '../plain-numbers.ts'
import { asSchema, expectedValue, isNumeric, type Schema, spokenChoices } from './expected-value.ts'
import { bytesText, characterOf, type ExpectedPlace, weights } from './place.ts'
import {
  freeNumbers,
  readRequest,
  type RequestValues,
  type Spans,
  wordStems,
  type WrittenNumber,
} from './request-values.ts'

/** Calls of `tools` from the start of the first one's name. */
export function expectCalls(tools: readonly ToolDefinition[], request: string): ExpectedPlace {
  const values = readRequest(plainNumbers(request))
  const byName = new Map(tools.map((tool) => [tool.function.name, tool]))
  const namePlace = (name: string): ExpectedPlace => ({
    weight: 0,
    step: (byte) => {
      const character = characterOf(byte)
      if (character !== '(')
        return { place: namePlace(/[\s[,]/.test(character) ? '' : name + character), expected: true }
      const tool = byName.get(name)
      return (
        tool && { place: keyPlace(callOf(tool, values, namePlace('')), { written: [], taken: [] }, ''), expected: true }
      )
    },
  })
  return namePlace('')
}

interface ExpectedCall {
  readonly request: RequestValues
  readonly properties: ReadonlyMap<string, Schema>
  readonly required: readonly string[]
  /** After the closing parenthesis. */
  readonly then: ExpectedPlace
}

/** What a call holds so far. */
interface Written {
  readonly written: readonly string[]
  /** Parts of the request that its values were copied from. */
  readonly taken: Spans
}

function callOf(
  { function: { parameters } }: ToolDefinition,
  request: RequestValues,
  then: ExpectedPlace,
): ExpectedCall {
  const { properties, required } = asSchema(parameters)
  const schemas = Object.entries(asSchema(properties)).map(
    ([key, schema]) => [bytesText(key), asSchema(schema)] as const,
  )
  const needed = Array.isArray(required) ? required.map((key) => bytesText(String(key))) : []
  return { request, properties: new Map(schemas), required: needed, then }
}

function keyPlace(call: ExpectedCall, so: Written, key: string): ExpectedPlace {
  const { keys, end } = expectedKeys(call, so)
  return {
    weight: weights.key,
    step: (byte) => {
      const character = characterOf(byte)
      if (character === ' ' && key === '') return { place: keyPlace(call, so, key), expected: true }
      if (character === ')') return { place: call.then, expected: end }
      if (character !== '=') {
        const next = key + character
        return { place: keyPlace(call, so, next), expected: keys.some((known) => known.startsWith(next)) }
      }
      const written = [...so.written, key]
      const value = expectedValue(call.properties.get(key) ?? {}, {
        request: call.request,
        taken: so.taken,
        after: (taken) => afterValue(call, { written, taken }),
      })
      return { place: value, expected: keys.includes(key) }
    },
  }
}

function afterValue(call: ExpectedCall, so: Written): ExpectedPlace {
  const { keys, end } = expectedKeys(call, so)
  const place: ExpectedPlace = {
    weight: weights.key,
    step: (byte) => {
      if (byte === 0x20) return { place, expected: true }
      if (characterOf(byte) === ',') return { place: keyPlace(call, so, ''), expected: keys.length > 0 }
      return characterOf(byte) === ')' ? { place: call.then, expected: end } : undefined
    },
  }
  return place
}

/** The arguments that may come next, and whether the call may end: not where the request speaks for an argument that is missing. */
function expectedKeys(call: ExpectedCall, so: Written): { readonly keys: readonly string[]; readonly end: boolean } {
  const left = [...call.properties.keys()].filter((key) => !so.written.includes(key))
  const optional = left.filter((key) => !call.required.includes(key))
  const support = new Map(optional.map((key) => [key, supportOf(key, call, so)]))
  return {
    keys: left.filter((key) => support.get(key) !== 'none'),
    end: ![...support.values()].includes('some'),
  }
}

/**
 * What the request says for an optional argument. Numbers need one that the required arguments leave over, choices one of theirs; of other
 * arguments nothing is known.
 */
function supportOf(key: string, call: ExpectedCall, { written, taken }: Written): 'none' | 'unknown' | 'some' {
  const schema = call.properties.get(key) ?? {}
  if (schema['enum'] !== undefined) return spokenChoices(schema, call.request, taken).length > 0 ? 'some' : 'none'
  if (!isNumeric(schema)) return 'unknown'
  const needed = call.required.filter(
    (other) => !written.includes(other) && isNumeric(call.properties.get(other) ?? {}),
  )
  const free = freeNumbers(call.request, taken)
  if (free.length <= needed.length) return 'none'
  return free.some((number) => isAbout(number, key, call.request)) ? 'some' : 'unknown'
}

/** Bytes beside a number that say what it counts. */
const nearby = 14

function isAbout({ start, end, forms }: WrittenNumber, key: string, { text }: RequestValues): boolean {
  if (/year/i.test(key) && forms.some((form) => /^(?:1\d|20)\d\d$/.test(form))) return true
  const about = wordStems(key)
  const beside = [text.slice(Math.max(0, start - nearby), start), text.slice(end, end + nearby)]
  return beside.some((part) => [...wordStems(part)].some((word) => about.has(word)))
}
