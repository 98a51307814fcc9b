/** Jinja's filters and tests with Python's semantics; what is missing here is left to the template library. */
import { capitalize, center, formatPercent, strip, TEXT_METHODS } from './python-text.ts'
import {
  compare,
  dict,
  equal,
  float,
  integer,
  isDict,
  isList,
  isMissing,
  isNone,
  isNumber,
  isText,
  isTrue,
  itemsOf,
  list,
  missing,
  none,
  represent,
  text,
  toJson,
  toText,
  tuple,
  type Value,
} from './python-values.ts'

export interface FilterCall {
  readonly args: readonly Value[]
  readonly keywords: ReadonlyMap<string, Value>
  /** Applies another filter by name, for `map`. */
  readonly apply: (value: Value, name: string, args: readonly Value[], keywords: ReadonlyMap<string, Value>) => Value
}

export type Filter = (value: Value, call: FilterCall) => Value
export type Test = (value: Value, ...args: readonly Value[]) => boolean

const argument = (call: FilterCall, index: number, name: string): Value | undefined =>
  call.args[index] ?? call.keywords.get(name)
const flag = (value: Value | undefined, standard = false): boolean => (value === undefined ? standard : isTrue(value))
const number = (value: Value | undefined, standard: number): number =>
  value !== undefined && isNumber(value) ? Number(value.value) : standard
const string = (value: Value | undefined, standard: string): string => (value === undefined ? standard : toText(value))
const method =
  (name: string): Filter =>
  (value, call) =>
    TEXT_METHODS[name](toText(value), [...call.args], call.keywords)

/** What `attribute='a.b.0'` finds. */
function attributeOf(value: Value, path: Value): Value {
  let found = value
  for (const part of toText(path).split('.')) {
    if (isDict(found)) found = found.value.get(part) ?? missing()
    else if (isList(found) && /^-?\d+$/.test(part)) found = found.value.at(Number(part)) ?? missing()
    else return missing()
  }
  return found
}

const byAttribute = (path: Value | undefined): ((value: Value) => Value) =>
  path === undefined || isNone(path) ? (value) => value : (value) => attributeOf(value, path)

const foldCase = (value: Value): Value => (isText(value) ? text(value.value.toLowerCase()) : value)

function sorted(values: readonly Value[], key: (value: Value) => Value, reverse: boolean): Value[] {
  const decorated = values.map((value) => ({ value, key: key(value) }))
  decorated.sort((a, b) => (reverse ? compare(b.key, a.key) : compare(a.key, b.key)))
  return decorated.map((item) => item.value)
}

function select(value: Value, call: FilterCall, keep: boolean, attribute: Value | undefined, from: number): Value {
  const [name, ...args] = call.args.slice(from)
  const test = name === undefined ? isTrue : testNamed(toText(name))
  const key = byAttribute(attribute)
  return list(itemsOf(value).filter((item) => test(key(item), ...args) === keep))
}

function extreme(value: Value, call: FilterCall, sign: 1 | -1): Value {
  const key = byAttribute(argument(call, 1, 'attribute'))
  const sensitive = flag(argument(call, 0, 'case_sensitive'))
  let best: { value: Value; key: Value } | undefined
  for (const item of itemsOf(value)) {
    const candidate = { value: item, key: sensitive ? key(item) : foldCase(key(item)) }
    if (best === undefined || compare(candidate.key, best.key) * sign > 0) best = candidate
  }
  return best?.value ?? missing()
}

/** Python rounds halves to the even neighbour. */
function roundHalfEven(value: number, digits: number): number {
  const scale = 10 ** digits
  const scaled = value * scale
  const floor = Math.floor(scaled)
  const rounded = scaled - floor === 0.5 ? floor + (floor % 2 === 0 ? 0 : 1) : Math.round(scaled)
  return rounded / scale
}

/** The filter, other than the method, starts words after space, hyphen and opening brackets only. */
const titleOf = (content: string): string =>
  content
    .split(/([-\s({[<]+)/)
    .map(capitalize)
    .join('')

const escapeHtml = (content: string): string =>
  content
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll("'", '&#39;')
    .replaceAll('"', '&#34;')

const length = (value: Value): number => (isText(value) ? Array.from(value.value).length : itemsOf(value).length)

export const FILTERS: Readonly<Record<string, Filter>> = {
  tojson(value, call) {
    const indent = argument(call, 0, 'indent')
    const separators = call.keywords.get('separators')
    return text(
      toJson(value, {
        indent:
          indent === undefined || isNone(indent)
            ? undefined
            : isText(indent)
              ? indent.value
              : ' '.repeat(number(indent, 0)),
        ensureAscii: flag(call.keywords.get('ensure_ascii')),
        sortKeys: flag(call.keywords.get('sort_keys')),
        separators:
          separators && isList(separators) ? [toText(separators.value[0]), toText(separators.value[1])] : undefined,
      }),
    )
  },
  format: (value, call) =>
    text(formatPercent(toText(value), call.args, call.keywords.size > 0 ? call.keywords : undefined)),
  string: (value) => text(toText(value)),
  safe: (value) => value,
  escape: (value) => text(escapeHtml(toText(value))),
  e: (value) => text(escapeHtml(toText(value))),
  upper: method('upper'),
  lower: method('lower'),
  title: (value) => text(titleOf(toText(value))),
  capitalize: (value) => text(capitalize(toText(value))),
  trim: (value, call) =>
    text(strip(toText(value), call.args[0] && !isNone(call.args[0]) ? toText(call.args[0]) : undefined)),
  replace: method('replace'),
  center: (value, call) => text(center(toText(value), Math.min(number(argument(call, 0, 'width'), 80), 1e6))),
  indent(value, call) {
    const width = argument(call, 0, 'width')
    const pad = width && isText(width) ? width.value : ' '.repeat(Math.min(number(width, 4), 1e4))
    const [first, blank] = [flag(argument(call, 1, 'first')), flag(argument(call, 2, 'blank'))]
    const lines = toText(value).split('\n')
    return text(
      lines.map((line, i) => ((i === 0 && !first) || (i > 0 && !blank && line === '') ? line : pad + line)).join('\n'),
    )
  },
  truncate(value, call) {
    const content = Array.from(toText(value))
    const limit = number(argument(call, 0, 'length'), 255)
    const end = string(argument(call, 2, 'end'), '...')
    if (content.length <= limit + number(argument(call, 3, 'leeway'), 5)) return value
    const cut = content.slice(0, Math.max(0, limit - end.length)).join('')
    const space = cut.lastIndexOf(' ')
    return text((flag(argument(call, 1, 'killwords')) || space < 0 ? cut : cut.slice(0, space)) + end)
  },
  wordcount: (value) => integer((toText(value).match(/[\p{L}\p{N}_]+/gu) ?? []).length),
  length: (value) => integer(length(value)),
  count: (value) => integer(length(value)),
  list: (value) => list([...itemsOf(value)]),
  first: (value) => itemsOf(value)[0] ?? missing(),
  last: (value) => itemsOf(value).at(-1) ?? missing(),
  reverse: (value) =>
    isText(value) ? text(Array.from(value.value).reverse().join('')) : list([...itemsOf(value)].reverse()),
  join(value, call) {
    const key = byAttribute(argument(call, 1, 'attribute'))
    return text(
      itemsOf(value)
        .map((item) => toText(key(item)))
        .join(string(argument(call, 0, 'd'), '')),
    )
  },
  sort(value, call) {
    const sensitive = flag(argument(call, 1, 'case_sensitive'))
    const key = byAttribute(argument(call, 2, 'attribute'))
    const reverse = flag(argument(call, 0, 'reverse'))
    return list(sorted(itemsOf(value), (item) => (sensitive ? key(item) : foldCase(key(item))), reverse))
  },
  unique(value, call) {
    const sensitive = flag(argument(call, 0, 'case_sensitive'))
    const key = byAttribute(argument(call, 1, 'attribute'))
    const seen: Value[] = []
    return list(
      itemsOf(value).filter((item) => {
        const own = sensitive ? key(item) : foldCase(key(item))
        if (seen.some((other) => equal(other, own))) return false
        seen.push(own)
        return true
      }),
    )
  },
  min: (value, call) => extreme(value, call, -1),
  max: (value, call) => extreme(value, call, 1),
  sum(value, call) {
    const key = byAttribute(argument(call, 0, 'attribute'))
    let total = number(argument(call, 1, 'start'), 0)
    let isFloat = false
    for (const item of itemsOf(value).map(key)) {
      if (!isNumber(item)) throw new Error('sum: expected numbers')
      isFloat ||= item.type === 'FloatValue'
      total += Number(item.value)
    }
    return isFloat ? float(total) : integer(total)
  },
  map(value, call) {
    const attribute = call.keywords.get('attribute')
    if (attribute !== undefined) {
      const standard = call.keywords.get('default')
      return list(
        itemsOf(value).map((item) => {
          const found = attributeOf(item, attribute)
          return isMissing(found) && standard !== undefined ? standard : found
        }),
      )
    }
    const [name, ...args] = call.args
    if (name === undefined) throw new Error('map requires a filter argument')
    return list(itemsOf(value).map((item) => call.apply(item, toText(name), args, call.keywords)))
  },
  select: (value, call) => select(value, call, true, undefined, 0),
  reject: (value, call) => select(value, call, false, undefined, 0),
  selectattr: (value, call) => select(value, call, true, call.args[0], 1),
  rejectattr: (value, call) => select(value, call, false, call.args[0], 1),
  groupby(value, call) {
    const key = byAttribute(argument(call, 0, 'attribute'))
    const groups: { key: Value; items: Value[] }[] = []
    for (const item of sorted(itemsOf(value), (each) => foldCase(key(each)), false)) {
      const last = groups.at(-1)
      if (last && equal(foldCase(last.key), foldCase(key(item)))) last.items.push(item)
      else groups.push({ key: key(item), items: [item] })
    }
    return list(groups.map((group) => tuple([group.key, list(group.items)])))
  },
  batch(value, call) {
    const size = Math.max(1, number(call.args[0], 1))
    const items = itemsOf(value)
    const rows: Value[] = []
    for (let i = 0; i < items.length; i += size) {
      const row = items.slice(i, i + size)
      const filler = argument(call, 1, 'fill_with')
      while (filler && !isNone(filler) && row.length < size) row.push(filler)
      rows.push(list(row))
    }
    return list(rows)
  },
  items: (value) => (isMissing(value) ? list([]) : list(entriesOf(value))),
  dictsort(value, call) {
    const by = string(argument(call, 1, 'by'), 'key') === 'value' ? 1 : 0
    const sensitive = flag(argument(call, 0, 'case_sensitive'))
    const key = (pair: Value): Value => {
      const part = isList(pair) ? pair.value[by] : pair
      return sensitive ? part : foldCase(part)
    }
    return list(sorted(entriesOf(value), key, flag(argument(call, 2, 'reverse'))))
  },
  default: (value, call) =>
    isMissing(value) || (flag(argument(call, 1, 'boolean')) && !isTrue(value))
      ? (argument(call, 0, 'default_value') ?? text(''))
      : value,
  d: (value, call) => FILTERS.default(value, call),
  abs: (value) =>
    value.type === 'FloatValue' ? float(Math.abs(Number(value.value))) : integer(Math.abs(number(value, 0))),
  round(value, call) {
    const digits = number(argument(call, 0, 'precision'), 0)
    const how = string(argument(call, 1, 'method'), 'common')
    const scale = 10 ** digits
    const content = number(value, 0)
    if (how === 'ceil') return float(Math.ceil(content * scale) / scale)
    if (how === 'floor') return float(Math.floor(content * scale) / scale)
    const rounded = roundHalfEven(content, digits)
    return value.type === 'FloatValue' ? float(rounded) : integer(rounded)
  },
  int(value, call) {
    const standard = argument(call, 0, 'default') ?? integer(0)
    if (isNumber(value)) return integer(Math.trunc(Number(value.value)))
    const content = isText(value) ? value.value.trim().replaceAll('_', '') : ''
    return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(content) ? integer(Math.trunc(Number(content))) : standard
  },
  float(value, call) {
    const standard = argument(call, 0, 'default') ?? float(0)
    const content = isText(value)
      ? Number(value.value.trim() === '' ? Number.NaN : value.value)
      : number(value, Number.NaN)
    return Number.isNaN(content) ? standard : float(content)
  },
  pprint: (value) => text(represent(value)),
}

function entriesOf(value: Value): Value[] {
  if (!isDict(value)) throw new Error('Can only get item pairs from a mapping.')
  return [...value.value].map(([key, item]) => tuple([text(key), item]))
}

export const TESTS: Readonly<Record<string, Test>> = {
  boolean: (value) => value.type === 'BooleanValue',
  callable: (value) => value.type === 'FunctionValue',
  defined: (value) => !isMissing(value),
  undefined: isMissing,
  none: isNone,
  true: (value) => value.type === 'BooleanValue' && value.value === true,
  false: (value) => value.type === 'BooleanValue' && value.value === false,
  string: isText,
  number: isNumber,
  integer: (value) => value.type === 'IntegerValue',
  float: (value) => value.type === 'FloatValue',
  mapping: isDict,
  sequence: (value) => isText(value) || isList(value) || isDict(value) || isMissing(value),
  iterable: (value) => isText(value) || isList(value) || isDict(value) || isMissing(value),
  odd: (value) => Math.abs(number(value, 0)) % 2 === 1,
  even: (value) => Math.abs(number(value, 0)) % 2 === 0,
  divisibleby: (value, by) => number(value, 0) % number(by, 1) === 0,
  lower: (value) => isTrue(TEXT_METHODS.islower(toText(value), [], new Map())),
  upper: (value) => isTrue(TEXT_METHODS.isupper(toText(value), [], new Map())),
  eq: equal,
  equalto: equal,
  '==': equal,
  ne: (a, b) => !equal(a, b),
  '!=': (a, b) => !equal(a, b),
  lt: (a, b) => compare(a, b) < 0,
  lessthan: (a, b) => compare(a, b) < 0,
  '<': (a, b) => compare(a, b) < 0,
  le: (a, b) => compare(a, b) <= 0,
  '<=': (a, b) => compare(a, b) <= 0,
  gt: (a, b) => compare(a, b) > 0,
  greaterthan: (a, b) => compare(a, b) > 0,
  '>': (a, b) => compare(a, b) > 0,
  ge: (a, b) => compare(a, b) >= 0,
  '>=': (a, b) => compare(a, b) >= 0,
  in: contains,
  sameas: (a, b) => a === b || (a.type === b.type && !isList(a) && !isDict(a) && equal(a, b)),
  filter: (value) => Object.hasOwn(FILTERS, toText(value)),
  test: (value) => Object.hasOwn(TESTS, toText(value)),
}

export function testNamed(name: string): Test {
  if (Object.hasOwn(TESTS, name)) return TESTS[name]
  throw new Error(`No test named '${name}'.`)
}

/** Python's `item in container`. */
export function contains(item: Value, container: Value): boolean {
  if (isText(container)) {
    if (!isText(item)) throw new Error("'in <string>' requires string as left operand")
    return container.value.includes(item.value)
  }
  if (isDict(container)) return isText(item) && container.value.has(item.value)
  return itemsOf(container).some((other) => equal(other, item))
}

/** Methods of Python's `dict` and `list` that read. */
export const DICT_METHODS: Readonly<Record<string, (content: Map<string, Value>, args: readonly Value[]) => Value>> = {
  get: (content, [key, standard]) => content.get(toText(key)) ?? standard ?? none(),
  items: (content) => list(entriesOf(dict(content))),
  keys: (content) => list([...content.keys()].map(text)),
  values: (content) => list([...content.values()]),
  copy: (content) => dict(new Map(content)),
}

export const LIST_METHODS: Readonly<Record<string, (content: readonly Value[], args: readonly Value[]) => Value>> = {
  index(content, [item]) {
    const at = content.findIndex((other) => equal(other, item))
    if (at < 0) throw new Error(`${represent(item)} is not in list`)
    return integer(at)
  },
  count: (content, [item]) => integer(content.filter((other) => equal(other, item)).length),
  copy: (content) => list([...content]),
}
