/**
 * Calls out of free text, as well as they can be read: JSON lists or objects of calls, in a code block or within prose, and calls
 * as Python writes them. For models that answer without constraint.
 */
import { OstroError } from '../../util/error.ts'
import type { Answer } from './check-answer.ts'
import type { Call } from './check-call.ts'
import { isList, isRecord, type PythonRecord, type PythonValue, readPythonJson } from './python-value.ts'

/** @param names of the functions that may be called, by which calls in Python's notation are found. */
export function readCalls(text: string, names: readonly string[]): Answer {
  const json = firstJsonCalls(text)
  if (json !== undefined) return { calls: json }
  const calls = pythonCalls(text, names)
  if (calls !== undefined) return { calls }
  const words = new Set(text.match(/[\w.-]+/g))
  return names.some((name) => words.has(name)) && /[[{(]/.test(text)
    ? { calls: [], unreadable: text.slice(0, 200) }
    : { calls: [] }
}

/** The calls of the first JSON value in the text that has any. */
function firstJsonCalls(text: string): Call[] | undefined {
  for (const { index } of text.matchAll(/[[{]/g)) {
    const end = endOfJson(text, index)
    if (end === undefined) continue
    const value = tryJson(text.slice(index, end))
    const calls = value === undefined ? undefined : callsOf(value)
    if (calls !== undefined) return calls
  }
  return undefined
}

/** Where the brackets that open here are closed; strings are skipped. */
function endOfJson(text: string, start: number): number | undefined {
  let depth = 0
  for (let index = start; index < text.length; index++) {
    const character = text[index]
    if (character === '"') {
      const string = /"(?:[^"\\]|\\.)*"/sy
      string.lastIndex = index
      const match = string.exec(text)
      if (match === null) return undefined
      index += match[0].length - 1
    } else if (character === '[' || character === '{') depth++
    else if ((character === ']' || character === '}') && --depth === 0) return index + 1
  }
  return undefined
}

function tryJson(text: string): PythonValue | undefined {
  try {
    return readPythonJson(text)
  } catch (error) {
    if (error instanceof OstroError) return undefined
    throw error
  }
}

function callsOf(value: PythonValue): Call[] | undefined {
  const calls = (isList(value) ? value : [value]).map(callOf)
  return calls.length > 0 && calls.every((call) => call !== undefined) ? calls : undefined
}

function callOf(value: PythonValue): Call | undefined {
  if (!isRecord(value)) return undefined
  const inner = isRecord(value['function']) ? value['function'] : value
  const name = inner['name'] ?? inner['function']
  const given = inner['arguments'] ?? inner['parameters']
  const values = typeof given === 'string' ? tryJson(given) : given
  return typeof name === 'string' && values !== undefined && isRecord(values) ? { name, arguments: values } : undefined
}

/** All calls `name(parameter=value, …)` of known names. */
function pythonCalls(text: string, names: readonly string[]): Call[] | undefined {
  const calls: Call[] = []
  for (const match of text.matchAll(/([A-Za-z_][\w.-]*)\(/g)) {
    const [, name] = match
    if (!names.includes(name)) continue
    const reader = createReader(text, match.index + match[0].length)
    const values = reader.arguments()
    if (values !== undefined) calls.push({ name, arguments: values })
  }
  return calls.length > 0 ? calls : undefined
}

/** Reads Python literals. What is none gives undefined. */
function createReader(text: string, start: number) {
  let index = start
  const token = (pattern: RegExp): string | undefined => {
    const sticky = new RegExp(`\\s*(${pattern.source})`, 'sy')
    sticky.lastIndex = index
    const match = sticky.exec(text)
    if (match === null) return undefined
    index = sticky.lastIndex
    return match[1]
  }
  const value = (): PythonValue | undefined => {
    const string = token(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/)
    if (string !== undefined) return unquote(string)
    const number = token(/-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/)
    if (number !== undefined) return /^-?\d+$/.test(number) ? BigInt(number) : Number(number)
    const word = token(/(?:True|true|False|false|None|null)\b/)
    if (word !== undefined) return /^[Tt]/.test(word) ? true : /^[Ff]/.test(word) ? false : null
    if (token(/[[(]/) !== undefined) return members()
    return token(/\{/) === undefined ? undefined : record()
  }
  const members = (): PythonValue[] | undefined => {
    const list: PythonValue[] = []
    while (token(/[\])]/) === undefined) {
      const member = value()
      if (member === undefined) return undefined
      list.push(member)
      token(/,/)
    }
    return list
  }
  const record = (): PythonRecord | undefined => {
    const entries: [string, PythonValue][] = []
    while (token(/\}/) === undefined) {
      const key = value()
      if (typeof key !== 'string' || token(/:/) === undefined) return undefined
      const member = value()
      if (member === undefined) return undefined
      entries.push([key, member])
      token(/,/)
    }
    return Object.fromEntries(entries)
  }
  return {
    arguments: (): PythonRecord | undefined => {
      const entries: [string, PythonValue][] = []
      while (token(/\)/) === undefined) {
        const name = token(/[A-Za-z_]\w*/)
        if (name === undefined || token(/=/) === undefined) return undefined
        const given = value()
        if (given === undefined) return undefined
        entries.push([name, given])
        token(/,/)
      }
      return Object.fromEntries(entries)
    },
  }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' }

function unquote(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/gs, (_, character: string) => escapes[character] ?? character)
}
