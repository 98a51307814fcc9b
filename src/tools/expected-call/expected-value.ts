/** What values of arguments are expected to be: numbers and texts copied from the request, each part of it once; lists that it lists. */
import type { JsonValue } from '../../util/json.ts'
import { bytesText, characterOf, type ExpectedPlace, type ExpectedStep, smallLetters, weights } from './place.ts'
import {
  freeNumbers,
  isTaken,
  isWithinWord,
  isWordCharacter,
  plainText,
  type RequestValues,
  type Spans,
} from './request-values.ts'

export type Schema = { readonly [keyword: string]: JsonValue }

/** What follows a value: `taken` with what it took; `end`, where in the request it was copied up to, if it was. */
export type AfterValue = (taken: Spans, end: number | undefined) => ExpectedPlace

interface ValueContext {
  readonly request: RequestValues
  readonly taken: Spans
  readonly after: AfterValue
  /** Where the value may start in the request; undefined: wherever nothing is taken. */
  readonly from?: readonly number[] | undefined
}

/** A value of `schema`, in Python's notation. */
export function expectedValue(schema: Schema, context: ValueContext): ExpectedPlace {
  const { type, items } = schema
  if (schema['enum'] !== undefined) {
    const choices = type === 'string' ? spokenChoices(schema, context.request, context.taken) : []
    return choices.length === 0 ? anyValue(context, '') : quoted((quote) => choicePlace(choices, '', quote, context))
  }
  switch (type) {
    case 'integer':
    case 'number':
      return numberPlace(type, '', context)
    case 'string':
      return quoted((quote) => textPlace(schema, quote, context))
    case 'array':
      return isListed(asSchema(items)) ? listPlace(asSchema(items), context) : anyValue(context, '')
    default:
      return anyValue(context, '')
  }
}

export function asSchema(value: JsonValue | undefined): Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Schema) : {}
}

export function isNumeric({ type, items, enum: choices }: Schema): boolean {
  const number = (one: JsonValue | undefined): boolean => one === 'integer' || one === 'number'
  return choices === undefined && (number(type) || (type === 'array' && number(asSchema(items)['type'])))
}

function isListed({ type }: Schema): boolean {
  return type === 'integer' || type === 'number' || type === 'string'
}

interface SpokenChoice {
  readonly text: string
  readonly start: number
}

/** The values of an enumeration that the request has and no other argument has taken, each where it stands first. */
export function spokenChoices(schema: Schema, { plain }: RequestValues, taken: Spans): readonly SpokenChoice[] {
  const choices = Array.isArray(schema['enum']) ? schema['enum'] : []
  return choices.flatMap((choice) => {
    if (typeof choice !== 'string' || choice.length < 2) return []
    const text = bytesText(choice)
    const wanted = plainText(text)
    for (let start = plain.indexOf(wanted); start >= 0; start = plain.indexOf(wanted, start + 1)) {
      const end = start + wanted.length
      if (!isWithinWord(plain, start) && endsWord(plain, end) && !isTaken(taken, start)) return [{ text, start }]
    }
    return []
  })
}

/** A plural counts as its singular. */
function endsWord(text: string, at: number): boolean {
  return !isWithinWord(text, at) || (text[at] === 's' && !isWordCharacter(text[at + 1]))
}

function quoted(then: (quote: string) => ExpectedPlace): ExpectedPlace {
  const place: ExpectedPlace = {
    weight: 0,
    step: (byte) => (byte === 0x20 ? { place, expected: true } : { place: then(characterOf(byte)), expected: true }),
  }
  return place
}

function choicePlace(
  choices: readonly SpokenChoice[],
  written: string,
  quote: string,
  context: ValueContext,
): ExpectedPlace {
  return {
    weight: choices.some(({ text }) => text.startsWith(written)) ? weights.choice : 0,
    step: (byte) => {
      const character = characterOf(byte)
      if (character === quote) {
        const found = choices.find(({ text }) => text === written)
        return { place: closeValue(context, found?.start, written.length), expected: found !== undefined }
      }
      const next = written + character
      const expected = choices.some(({ text }) => text.startsWith(next))
      return { place: choicePlace(choices, next, quote, context), expected }
    },
  }
}

function closeValue({ taken, after }: ValueContext, start: number | undefined, length: number): ExpectedPlace {
  return start === undefined ? after(taken, undefined) : after([...taken, [start, start + length]], start + length)
}

/**
 * What a description says of the form of a text: `own` forms (codes, dates by a pattern) are written anew; one with examples begins as in
 * the request and may go on otherwise (`Boston, MA`).
 */
function formOf({ description }: Schema): 'copied' | 'begun' | 'own' {
  const text = typeof description === 'string' ? description : ''
  if (/YYYY|ISO|MM[/-]DD|code\b|abbrev/i.test(text)) return 'own'
  return /format|e\.g\.|such as|for example|in the form/i.test(text) ? 'begun' : 'copied'
}

function textPlace(schema: Schema, quote: string, context: ValueContext): ExpectedPlace {
  const { request, taken, from } = context
  const form = formOf(schema)
  const open = from ?? request.starts.filter((at) => !isTaken(taken, at))
  /** `ends`: where in the request the text so far may end; none once it has departed. */
  const within = (ends: readonly number[], length: number): ExpectedPlace => ({
    weight: ends.length === 0 || isFree(ends, length) ? 0 : weights.text,
    copies: ends,
    step: (byte) => {
      const character = characterOf(byte)
      if (character === '\\') return { place: escaped(length), expected: false }
      if (character === quote) {
        const end = length === 0 ? undefined : ends.find((at) => endsWord(request.text, at))
        return { place: closeValue(context, end && end - length, length), expected: end !== undefined }
      }
      const next = ends.filter((at) => isCopied(request.text, at, character)).map((at) => at + 1)
      return { place: within(next, length + 1), expected: next.length > 0 }
    },
  })
  const isFree = (ends: readonly number[], length: number): boolean => {
    return form === 'own' || (form === 'begun' && length > 0 && ends.some((at) => !isWithinWord(request.text, at)))
  }
  const escaped = (length: number): ExpectedPlace => ({
    weight: 0,
    step: () => ({ place: within([], length + 1), expected: true }),
  })
  return within(open, 0)
}

/** A copy may begin its words with a capital letter, and may be in small letters. */
function isCopied(text: string, at: number, character: string): boolean {
  const own = text[at]
  if (own === character) return true
  const small = smallLetters(character)
  return own !== undefined && smallLetters(own) === small && (character === small || !isWordCharacter(text[at - 1]))
}

function numberPlace(type: 'integer' | 'number', written: string, context: ValueContext): ExpectedPlace {
  const { request, taken, from } = context
  const open = freeNumbers(request, taken).filter(({ start }) => from === undefined || from.includes(start))
  const forms = open.flatMap((number) => formsOf(type, number.forms).map((form) => ({ form, ...number })))
  return {
    weight: forms.some(({ form }) => form.startsWith(written)) ? weights.number : 0,
    step: (byte) => {
      const character = characterOf(byte)
      if (character === ' ' && written === '') return { place: numberPlace(type, written, context), expected: true }
      if (/[-+\d.eE]/.test(character)) {
        const next = written + character
        return { place: numberPlace(type, next, context), expected: forms.some(({ form }) => form.startsWith(next)) }
      }
      const found = forms.find(({ form }) => form === written)
      const step = closeValue(context, found?.start, found === undefined ? 0 : found.end - found.start).step(byte)
      return step && { place: step.place, expected: found !== undefined && step.expected }
    },
  }
}

function formsOf(type: 'integer' | 'number', forms: readonly string[]): readonly string[] {
  const whole = forms.filter((form) => /^-?\d+$/.test(form))
  return type === 'integer' ? whole : [...forms, ...whole.map((form) => `${form}.0`)]
}

function listPlace(items: Schema, context: ValueContext): ExpectedPlace {
  const place: ExpectedPlace = {
    weight: 0,
    step: (byte) => {
      if (byte === 0x20) return { place, expected: true }
      return { place: itemPlace(items, context, true), expected: characterOf(byte) === '[' }
    },
  }
  return place
}

/** Before an item, or before the end of a list that has none yet. */
function itemPlace(items: Schema, context: ValueContext, first: boolean): ExpectedPlace {
  const { after } = context
  const value = expectedValue(items, {
    ...context,
    after: (taken, end) => afterItem(items, { ...context, taken }, end),
  })
  const place: ExpectedPlace = {
    weight: value.weight,
    step: (byte) => {
      if (byte === 0x20) return { place, expected: true }
      if (characterOf(byte) === ']' && first) return { place: after(context.taken, undefined), expected: false }
      return value.step(byte)
    },
  }
  return place
}

/** A list goes on where the request's does: behind the copied item a comma or a conjunction leads to something else to copy. */
function afterItem(items: Schema, context: ValueContext, end: number | undefined): ExpectedPlace {
  const { request, taken, after } = context
  const next = end === undefined ? [] : nextItems(items, request, end)
  // A list that went on in the request is over where that is; single numbers may stand anywhere.
  const mayGoOn = items['type'] !== 'string' && context.from === undefined && freeNumbers(request, taken).length > 0
  const unknown = end === undefined || (next.length === 0 && mayGoOn)
  const from = next.length === 0 ? undefined : next
  const place: ExpectedPlace = {
    weight: unknown ? 0 : weights.list,
    step: (byte) => {
      if (byte === 0x20) return { place, expected: true }
      if (characterOf(byte) === ',') {
        return { place: itemPlace(items, { ...context, from }, false), expected: unknown || next.length > 0 }
      }
      if (characterOf(byte) !== ']') return undefined
      return { place: after(taken, end), expected: unknown || next.length === 0 }
    },
  }
  return place
}

const joint = /^['"]?\s*(?:,|;|&|\b(?:and|or|with|plus)\b)[\s,]*(?:(?:and|or|also|the|a|an)\s+)*['"$]?/i

/** Words between a conjunction and the next item (`five "apples" and six "pears"`) take no more bytes than this. */
const mostBetween = 16

function nextItems(items: Schema, { text, starts, numbers }: RequestValues, end: number): readonly number[] {
  const found = joint.exec(text.slice(end, end + 64))
  if (found === null) return []
  const from = end + found[0].length
  if (items['type'] !== 'string') return numbers.filter(({ start }) => start === from).map(({ start }) => start)
  const open = starts.filter((at) => at >= from && at <= from + mostBetween && !/[.?!]/.test(text.slice(from, at)))
  const isQuote = (character: string | undefined): boolean => character === '"' || character === "'"
  return isQuote(text[end]) ? open.filter((at) => isQuote(text[at - 1])) : open
}

/** Truth values, objects and what else is not copied: read up to its end, nothing expected. */
function anyValue(context: ValueContext, written: string, depth = 0, quote = ''): ExpectedPlace {
  const { taken, after } = context
  const isComplete = depth === 0 && quote === '' && written !== ''
  return {
    weight:
      isComplete && /^(?:true|false|null|["'[{].*)$/s.test(smallLetters(written)) ? after(taken, undefined).weight : 0,
    step: (byte) => {
      const character = characterOf(byte)
      const goOn = (newDepth: number, newQuote: string): ExpectedStep => ({
        place: anyValue(context, written + character, newDepth, newQuote),
        expected: true,
      })
      if (quote !== '') return goOn(depth, character === quote && !written.endsWith('\\') ? '' : quote)
      if (character === '"' || character === "'") return goOn(depth, character)
      if (character === '[' || character === '{') return goOn(depth + 1, '')
      if (depth > 0 && (character === ']' || character === '}')) return goOn(depth - 1, '')
      if (depth === 0 && /[,)\]]/.test(character)) return after(taken, undefined).step(byte)
      return goOn(depth, '')
    },
  }
}
