/**
 * What a Java literal in a string stands for. The data set describes Java parameters in words and wants every value as source
 * text; a text that is no literal of its type stays the string it is, which the comparison then judges.
 */
import { OstroError } from '../../util/error.ts'
import type { PythonType, PythonValue } from './python-value.ts'

export const javaTypes: Readonly<Record<string, PythonType>> = {
  byte: 'int',
  short: 'int',
  integer: 'int',
  long: 'int',
  float: 'float',
  double: 'float',
  boolean: 'bool',
  char: 'str',
  String: 'str',
  any: 'str',
  Array: 'list',
  ArrayList: 'list',
  Queue: 'list',
  Stack: 'list',
  HashMap: 'dict',
  Hashtable: 'dict',
}

/** @throws OstroError `unsupported` for a type that the data set has no literals of. */
export function readJavaLiteral(text: string, type: string, memberType?: string): PythonValue {
  switch (type) {
    case 'byte':
    case 'short':
    case 'integer':
      return /^-?\d+$/.test(text) ? BigInt(text) : text
    case 'long':
      return /^-?\d+[lL]$/.test(text) ? BigInt(text.slice(0, -1)) : text
    case 'float':
      return /^-?\d+(\.\d+)?([eE][+-]?\d+)?[fF]$/.test(text) ? Number(text.slice(0, -1)) : text
    case 'double':
      return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? Number(text) : text
    case 'boolean':
      return text === 'true' || text === 'false' ? text === 'true' : text
    case 'char':
    case 'String':
    case 'any':
      return text
    case 'ArrayList':
      return readArrayList(text, memberType)
    case 'Array':
      return readArray(text, memberType)
    case 'HashMap':
      return readHashMap(text)
    default:
      throw new OstroError('unsupported', `bfcl: there is no literal of the Java type ${type}.`, { type })
  }
}

/** `new ArrayList<>(Arrays.asList(a, b))` or `new ArrayList<>() {{ add(a); add(b); }}` */
function readArrayList(text: string, memberType: string | undefined): PythonValue {
  const asList = /new\s+ArrayList<\w*>\(Arrays\.asList\((.+?)\)\)/.exec(text)
  if (asList !== null) return asList[1].split(',').map((member) => readMember(member.trim(), memberType))
  const initialiser = /new\s+ArrayList<\w*>\(\)\s*\{\{\s*(.+?)\s*\}\}/s.exec(text)
  if (initialiser !== null) {
    return [...initialiser[1].matchAll(/add\((.+?)\)/g)].map(([, member]) => readMember(member.trim(), memberType))
  }
  return /new\s+ArrayList<\w*>\(\)/.test(text) ? [] : text
}

function readMember(text: string, memberType: string | undefined): PythonValue {
  if (memberType === 'char' || memberType === 'String') return text.slice(1, -1)
  return memberType ? readJavaLiteral(text, memberType) : readAny(text)
}

/** `new int[]{1, 2}` */
function readArray(text: string, memberType: string | undefined): PythonValue {
  const members = /new\s+\w+\[\]\s*\{(.*?)\}/.exec(text)
  if (members === null) return text
  const texts = members[1]
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '')
  return texts.map((member) => (memberType ? readJavaLiteral(member, memberType) : readAny(member)))
}

/** `new HashMap<String, Integer>() {{ put("a", 1); }}` */
function readHashMap(text: string): PythonValue {
  const initialiser = /new\s+HashMap<.*?>\s*\(\)\s*\{\s*\{?\s*(.*?)\s*\}?\s*\}/s.exec(text)
  if (initialiser !== null) {
    const entries = [...initialiser[1].matchAll(/put\("(.*?)",\s*(.*?)\)/g)]
    return Object.fromEntries(entries.map(([, key, value]) => [key, readAny(value.trim())]))
  }
  return /new\s+HashMap<.*?>\s*\(\)/.test(text) ? {} : text
}

function readAny(text: string): PythonValue {
  if (text === 'true' || text === 'false') return text === 'true'
  if (text.startsWith('"') && text.endsWith('"')) return text.slice(1, -1)
  if (/^-?\d+[lL]$/.test(text)) return BigInt(text.slice(0, -1))
  if (/^-?\d+(\.\d+)?([eE][+-]?\d+)?[fF]$/.test(text)) return Number(text.slice(0, -1))
  return readNumber(text) ?? text
}

/** An int, a float, or undefined. Java and JavaScript texts alike. */
export function readNumber(text: string): bigint | number | undefined {
  if (/^[+-]?\d+$/.test(text)) return BigInt(text.replace('+', ''))
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return Number(text)
  return undefined
}
