/** Python's view of the template engine's values: text, equality, order and JSON, where the engine's own follow JavaScript. */
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja'

/** A value of the template engine, as far as it is looked into here. */
export interface Value {
  readonly type: string
  readonly value: unknown
  __bool__(): { readonly value: boolean }
  toString(): string
}

/** The library does not export the classes of its values, so they are taken from instances. */
type Constructor<T> = new (value: T) => Value

const sample = new Environment()
const classOf = <T>(name: string, value: unknown): Constructor<T> =>
  sample.set(name, value).constructor as unknown as Constructor<T>

const StringClass = classOf<string>('string', '')
const IntegerClass = classOf<number>('integer', 1)
const FloatClass = classOf<number>('float', 0.5)
const BooleanClass = classOf<boolean>('boolean', true)
const ArrayClass = classOf<Value[]>('array', [])
const ObjectClass = classOf<Map<string, Value>>('object', {})
const NullClass = classOf<null>('nothing', null)
const UndefinedClass = classOf<undefined>('missing', undefined)
const FunctionClass = classOf<(args: Value[]) => Value>('function', () => undefined)

/** A tuple can only be written in a template. */
const TupleClass = new Interpreter(sample).evaluate(parse(tokenize('{{ (1, 2) }}')).body[0], sample)
  .constructor as unknown as Constructor<Value[]>

export const text = (value: string): Value => new StringClass(value)
export const integer = (value: number): Value => new IntegerClass(value)
export const float = (value: number): Value => new FloatClass(value)
export const boolean = (value: boolean): Value => new BooleanClass(value)
export const list = (value: Value[]): Value => new ArrayClass(value)
export const tuple = (value: Value[]): Value => new TupleClass(value)
export const dict = (value: Map<string, Value>): Value => new ObjectClass(value)
export const none = (): Value => new NullClass(null)
export const missing = (): Value => new UndefinedClass(undefined)
export const callable = (value: (args: Value[]) => Value): Value => new FunctionClass(value)

export const isText = (value: Value): value is Value & { value: string } => value.type === 'StringValue'
export const isList = (value: Value): value is Value & { value: Value[] } =>
  value.type === 'ArrayValue' || value.type === 'TupleValue'
export const isDict = (value: Value): value is Value & { value: Map<string, Value> } =>
  value.type === 'ObjectValue' || value.type === 'KeywordArgumentsValue'
export const isMissing = (value: Value): boolean => value.type === 'UndefinedValue'
export const isNone = (value: Value): boolean => value.type === 'NullValue'
export const isNumber = (value: Value): value is Value & { value: number | boolean } =>
  value.type === 'IntegerValue' || value.type === 'FloatValue' || value.type === 'BooleanValue'

export function isTrue(value: Value): boolean {
  return value.__bool__().value
}

/** What iterating over a value gives: items, keys, characters; an undefined value is empty. */
export function itemsOf(value: Value): Value[] {
  if (isList(value)) return value.value
  if (isDict(value)) return [...value.value.keys()].map(text)
  if (isText(value)) return Array.from(value.value, text)
  if (isMissing(value)) return []
  throw new Error(`'${pythonType(value)}' object is not iterable`)
}

/** Python's `str(value)`. */
export function toText(value: Value): string {
  if (isText(value)) return value.value
  if (isMissing(value)) return ''
  return represent(value)
}

/** Python's `repr(value)`. */
export function represent(value: Value): string {
  switch (value.type) {
    case 'StringValue':
      return representText(String(value.value))
    case 'NullValue':
      return 'None'
    case 'UndefinedValue':
      return 'Undefined'
    case 'BooleanValue':
      return value.value === true ? 'True' : 'False'
    case 'FloatValue':
      return floatText(Number(value.value))
  }
  if (isList(value)) {
    const items = value.value.map(represent).join(', ')
    if (value.type === 'TupleValue') return value.value.length === 1 ? `(${items},)` : `(${items})`
    return `[${items}]`
  }
  if (isDict(value)) {
    return `{${[...value.value].map(([key, item]) => `${representText(key)}: ${represent(item)}`).join(', ')}}`
  }
  return value.toString()
}

function representText(content: string): string {
  const quote = content.includes("'") && !content.includes('"') ? '"' : "'"
  let result = quote
  for (const character of content) {
    const code = character.codePointAt(0) ?? 0
    if (character === quote || character === '\\') result += `\\${character}`
    else if (character === '\n') result += '\\n'
    else if (character === '\r') result += '\\r'
    else if (character === '\t') result += '\\t'
    else if (code < 0x20 || (code >= 0x7f && code < 0xa1) || code === 0xad) result += `\\x${hex(code, 2)}`
    else if (/[\p{Zl}\p{Zp}\p{Zs}\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}]/u.test(character) && character !== ' ') {
      result += code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`
    } else result += character
  }
  return result + quote
}

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0')

/** Python's shortest float text: an exponent below 1e-4 and from 1e16 on, with at least two digits. */
export function floatText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf'
  if (Object.is(value, -0)) return '-0.0'
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
  }
  return Number.isInteger(value) ? value.toFixed(1) : String(value)
}

/** Python's `==`. */
export function equal(a: Value, b: Value): boolean {
  if (isNumber(a) && isNumber(b)) return Number(a.value) === Number(b.value)
  if (isText(a) && isText(b)) return a.value === b.value
  if (isList(a) && isList(b)) {
    const other = b.value
    return a.type === b.type && a.value.length === other.length && a.value.every((item, i) => equal(item, other[i]))
  }
  if (isDict(a) && isDict(b)) {
    const other = b.value
    return (
      a.value.size === other.size &&
      [...a.value].every(([key, item]) => {
        const counterpart = other.get(key)
        return counterpart !== undefined && equal(item, counterpart)
      })
    )
  }
  if (isNone(a) || isMissing(a)) return a.type === b.type
  return a === b
}

/** Python's order: negative where `a` comes first. @throws for values that have none */
export function compare(a: Value, b: Value): number {
  if (isNumber(a) && isNumber(b)) return Number(a.value) - Number(b.value)
  if (isText(a) && isText(b)) return compareCodePoints(a.value, b.value)
  if (isList(a) && isList(b)) {
    for (let i = 0; i < a.value.length && i < b.value.length; i++) {
      if (!equal(a.value[i], b.value[i])) return compare(a.value[i], b.value[i])
    }
    return a.value.length - b.value.length
  }
  throw new Error(`'<' not supported between instances of '${pythonType(a)}' and '${pythonType(b)}'`)
}

function compareCodePoints(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)]
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = (left[i].codePointAt(0) ?? 0) - (right[i].codePointAt(0) ?? 0)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

/** Python's name of a value's type, for messages. */
export function pythonType(value: Value): string {
  const names: Readonly<Record<string, string>> = {
    StringValue: 'str',
    IntegerValue: 'int',
    FloatValue: 'float',
    BooleanValue: 'bool',
    ArrayValue: 'list',
    TupleValue: 'tuple',
    ObjectValue: 'dict',
    NullValue: 'NoneType',
    UndefinedValue: 'Undefined',
  }
  return names[value.type] ?? value.type
}

export interface JsonOptions {
  /** Spaces (or text) a level; undefined writes one line. */
  readonly indent?: string | undefined
  readonly ensureAscii: boolean
  readonly sortKeys: boolean
  readonly separators?: readonly [item: string, key: string] | undefined
}

/** Python's `json.dumps`. */
export function toJson(value: Value, options: JsonOptions, depth = 0): string {
  const { indent } = options
  const [itemSeparator, keySeparator] = options.separators ?? [indent === undefined ? ', ' : ',', ': ']
  const join = (open: string, parts: string[], close: string): string => {
    if (parts.length === 0) return open + close
    if (indent === undefined) return open + parts.join(itemSeparator) + close
    const inner = `\n${indent.repeat(depth + 1)}`
    return `${open}${inner}${parts.join(itemSeparator + inner)}\n${indent.repeat(depth)}${close}`
  }
  if (isText(value)) return jsonText(value.value, options.ensureAscii)
  if (isNone(value)) return 'null'
  if (value.type === 'BooleanValue') return value.value === true ? 'true' : 'false'
  if (value.type === 'IntegerValue') return String(value.value)
  if (value.type === 'FloatValue') return jsonFloat(Number(value.value))
  if (isList(value))
    return join(
      '[',
      value.value.map((item) => toJson(item, options, depth + 1)),
      ']',
    )
  if (isDict(value)) {
    let entries = [...value.value]
    if (options.sortKeys) entries = entries.sort(([a], [b]) => compareCodePoints(a, b))
    const parts = entries.map(
      ([key, item]) => jsonText(key, options.ensureAscii) + keySeparator + toJson(item, options, depth + 1),
    )
    return join('{', parts, '}')
  }
  throw new Error(`Object of type ${pythonType(value)} is not JSON serializable`)
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
  return floatText(value)
}

function jsonText(content: string, ensureAscii: boolean): string {
  const json = JSON.stringify(content)
  if (!ensureAscii) return json
  return json.replace(/[\x7f-\uffff]/g, (unit) => `\\u${hex(unit.charCodeAt(0), 4)}`)
}
