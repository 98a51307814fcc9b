/** What a JavaScript literal in a string stands for; the counterpart of `java-literal.ts`. */
import { OstroError } from '../../util/error.ts'
import { readNumber } from './java-literal.ts'
import type { PythonType, PythonValue } from './python-value.ts'

export const javascriptTypes: Readonly<Record<string, PythonType>> = {
  String: 'str',
  any: 'str',
  integer: 'int',
  Bigint: 'int',
  float: 'float',
  Boolean: 'bool',
  array: 'list',
  dict: 'dict',
}

/** @throws OstroError `unsupported` for a type that the data set has no literals of. */
export function readJavascriptLiteral(text: string, type: string, memberType?: string): PythonValue {
  switch (type) {
    case 'String':
      return isQuoted(text) ? text.slice(1, -1) : text
    case 'integer':
      return /^-?\d+$/.test(text) ? BigInt(text) : text
    case 'Bigint':
      return /^-?\d+n$/.test(text) ? BigInt(text.slice(0, -1)) : text
    case 'float':
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
    case 'Boolean':
      return text === 'true' || text === 'false' ? text === 'true' : text
    case 'any':
      return text
    case 'array':
      return readArray(text.trim(), memberType)
    case 'dict':
      return readObject(text.trim())
    default:
      throw new OstroError('unsupported', `bfcl: there is no literal of the JavaScript type ${type}.`, { type })
  }
}

const nestedArray = /^(?:\[\s*\[.*?\]\s*(?:,\s*\[.*?\]\s*)*\]|\bnew\s+Array\(\s*\[.*?\]\s*(?:,\s*\[.*?\]\s*)*\))/

/** `[1, 2]`, `new Array(1, 2)`, and both with arrays as members. Commas inside strings separate too, as in the original. */
function readArray(text: string, memberType?: string): PythonValue {
  const nested = nestedArray.exec(text)
  if (nested !== null) {
    return [...nested[0].matchAll(/\[(.*?)\]/g)].map(([, inner], index) => {
      const trimmed = inner.trim()
      const members = index === 0 && trimmed.startsWith('[') ? trimmed.slice(1) : trimmed
      return members.split(',').map((member) => readAny(member))
    })
  }
  const flat = /^(?:\[(.*?)\]|\bnew\s+Array\((.*?)\))/.exec(text)
  if (flat === null) return text
  const members = (flat[1] ?? flat[2] ?? '').trim()
  if (members === '') return []
  return members.split(',').map((member) => {
    return memberType ? readJavascriptLiteral(member.trim(), memberType) : readAny(member)
  })
}

/** `{key: 1, 'other': [2]}`; pairs end at a comma that is followed by a further key. */
function readObject(text: string): PythonValue {
  if (text === '{}') return {}
  const content = /^\{(.*?)\}/.exec(text)?.[1]
  if (content === undefined) return text
  const pairs = [...content.matchAll(/([^:]+):\s*(.*?)(?:,\s*(?=[^,]+:)|$)/g)]
  return Object.fromEntries(
    pairs.map(([, rawKey, rawValue]) => {
      const value = rawValue.trim()
      return [stripQuotes(rawKey.trim()), readObjectMember(value)]
    }),
  )
}

function readObjectMember(value: string): PythonValue {
  if (value.startsWith('[') && value.endsWith(']')) return readArray(value)
  if (value.startsWith('{') && value.endsWith('}')) return readObject(value)
  return readAny(stripQuotes(value))
}

function readAny(untrimmed: string): PythonValue {
  const text = untrimmed.trim()
  if (text === 'true' || text === 'false') return text === 'true'
  return isQuoted(text) ? text.slice(1, -1) : (readNumber(text) ?? text)
}

function isQuoted(text: string): boolean {
  return (text.startsWith('"') && text.endsWith('"')) || (text.startsWith("'") && text.endsWith("'"))
}

function stripQuotes(text: string): string {
  return text.replace(/^['"]+/, '').replace(/['"]+$/, '')
}
