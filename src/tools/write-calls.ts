/** Calls as text in a dialect: what a model would write, from start to end. The inverse of reading a turn. */
import type { JsonValue } from '../util/json.ts'
import type { ArgumentsNotation, Dialect, MemberNotation } from './dialect.ts'
import { spacedJson } from './spaced-json.ts'

export interface WrittenCall {
  readonly name: string
  readonly arguments: { readonly [name: string]: JsonValue }
}

/** @returns the empty text for no calls; only the first call where the dialect has one a turn */
export function writeCalls({ calls: notation }: Dialect, calls: readonly WrittenCall[]): string {
  if (calls.length === 0) return ''
  const { open, before, afterName, end, separator, close } = notation
  const wanted = separator === undefined ? calls.slice(0, 1) : calls
  const written = wanted.map((call) => {
    return before + call.name + afterName + writeArguments(notation.arguments, call.arguments) + end
  })
  return open + written.join(separator ?? '') + close
}

function writeArguments(notation: ArgumentsNotation, values: WrittenCall['arguments']): string {
  if (notation === 'json') return spacedJson(values)
  const { open, separator, close, keyOpen, keyClose, valueClose } = notation
  const members = Object.entries(values).map(([key, value]) => {
    return keyOpen + key + keyClose + writeValue(notation, value) + valueClose
  })
  return open + members.join(separator) + close
}

function writeValue(notation: MemberNotation, value: JsonValue): string {
  const { strings } = notation
  if (strings === 'raw') return typeof value === 'string' ? value : spacedJson(value)
  if (typeof value === 'string') {
    return typeof strings === 'object' ? strings.quote + value + strings.quote : pythonQuoted(value)
  }
  const python = strings === 'python'
  const pythonWords = python && notation.words === undefined
  if (value === null) return pythonWords ? 'None' : 'null'
  if (typeof value === 'boolean') return pythonWords ? (value ? 'True' : 'False') : String(value)
  if (typeof value === 'number') return String(value)
  const separator = python ? ', ' : ','
  if (isList(value)) return `[${value.map((item) => writeValue(notation, item)).join(separator)}]`
  const members = Object.entries(value).map(([key, member]) => {
    return `${python ? `${pythonQuoted(key)}: ` : `${key}:`}${writeValue(notation, member)}`
  })
  return `{${members.join(separator)}}`
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}

function pythonQuoted(text: string): string {
  const inside = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")
  return `'${inside}'`
}
