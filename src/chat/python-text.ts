/** Methods of Python's `str` and its `%` formatting, as templates call them. */
import {
  boolean,
  integer,
  isDict,
  isList,
  isMissing,
  isNone,
  isNumber,
  isText,
  itemsOf,
  list,
  represent,
  text,
  toText,
  type Value,
} from './python-values.ts'

/** What Python counts as white space at the ends of a text (not U+FEFF, but the separators 1C-1F). */
const SPACE = '[\\s\\x1c-\\x1f\\x85]'
const SEPARATORS = '\\x1c-\\x1e'
const LINE_END = new RegExp(`\\r\\n|[\\n\\r\\v\\f${SEPARATORS}\\x85\\u2028\\u2029]`)
const SPACES_LEFT = new RegExp(`^(?:(?!\\ufeff)${SPACE})+`)

export function stripLeft(content: string, characters?: string): string {
  if (characters === undefined) return content.replace(SPACES_LEFT, '')
  const units = Array.from(content)
  let from = 0
  while (from < units.length && characters.includes(units[from])) from++
  return units.slice(from).join('')
}

export function stripRight(content: string, characters?: string): string {
  const units = Array.from(content)
  let end = units.length
  const strips = (unit: string): boolean => (characters === undefined ? isSpace(unit) : characters.includes(unit))
  while (end > 0 && strips(units[end - 1])) end--
  return units.slice(0, end).join('')
}

const isSpace = (unit: string): boolean => SPACES_LEFT.test(unit)

export const strip = (content: string, characters?: string): string =>
  stripRight(stripLeft(content, characters), characters)

/** Python's `title`: every run of letters starts with a capital, also after an apostrophe. */
export function title(content: string): string {
  return content.replace(/\p{L}[\p{L}\p{M}]*/gu, capitalize)
}

export function capitalize(content: string): string {
  const [first = '', ...rest] = Array.from(content)
  return first.toUpperCase() + rest.join('').toLowerCase()
}

function splitText(content: string, separator: string | undefined, limit: number): string[] {
  if (separator === '') throw new Error('empty separator')
  const parts: string[] = []
  let rest = separator === undefined ? stripLeft(content) : content
  while (limit < 0 || parts.length < limit) {
    const match = separator === undefined ? new RegExp(`(?:(?!\\ufeff)${SPACE})+`).exec(rest) : undefined
    const at = separator === undefined ? (match?.index ?? -1) : rest.indexOf(separator)
    if (at < 0) break
    parts.push(rest.slice(0, at))
    rest = rest.slice(at + (separator?.length ?? match?.[0].length ?? 0))
  }
  if (separator !== undefined || rest !== '') parts.push(rest)
  return parts
}

function splitTextFromRight(content: string, separator: string | undefined, limit: number): string[] {
  if (limit < 0) return splitText(content, separator, limit)
  const all = splitText(content, separator, -1)
  if (separator === undefined || all.length <= limit) return all
  const kept = all.length - limit
  return [all.slice(0, kept).join(separator), ...all.slice(kept)]
}

function replaceText(content: string, from: string, to: string, limit: number): string {
  if (from === '') {
    const units = Array.from(content)
    const count = limit < 0 ? units.length + 1 : Math.min(limit, units.length + 1)
    return units.map((unit, i) => (i < count ? to : '') + unit).join('') + (count > units.length ? to : '')
  }
  if (limit < 0) return content.split(from).join(to)
  const parts = splitText(content, from, limit)
  return parts.join(to)
}

type Method = (content: string, args: Value[], keywords: ReadonlyMap<string, Value>) => Value

const optionalText = (value: Value | undefined): string | undefined =>
  value === undefined || isNone(value) || isMissing(value) ? undefined : needText(value)

function needText(value: Value | undefined): string {
  if (value === undefined || !isText(value)) throw new Error('expected a string argument')
  return value.value
}

const needLimit = (value: Value | undefined): number =>
  value !== undefined && isNumber(value) ? Number(value.value) : -1

const startsOrEnds = (args: Value[], test: (affix: string) => boolean): Value => {
  const affix = args[0]
  return boolean(affix && isList(affix) ? affix.value.some((item) => test(needText(item))) : test(needText(affix)))
}

const codePointIndex = (content: string, at: number): number => (at < 0 ? -1 : Array.from(content.slice(0, at)).length)

export const TEXT_METHODS: Readonly<Record<string, Method>> = {
  upper: (content) => text(content.toUpperCase()),
  lower: (content) => text(content.toLowerCase()),
  casefold: (content) => text(content.toLowerCase()),
  title: (content) => text(title(content)),
  capitalize: (content) => text(capitalize(content)),
  swapcase: (content) =>
    text(
      Array.from(content, (unit) => (unit === unit.toUpperCase() ? unit.toLowerCase() : unit.toUpperCase())).join(''),
    ),
  strip: (content, args) => text(strip(content, optionalText(args[0]))),
  lstrip: (content, args) => text(stripLeft(content, optionalText(args[0]))),
  rstrip: (content, args) => text(stripRight(content, optionalText(args[0]))),
  startswith: (content, args) => startsOrEnds(args, (affix) => content.startsWith(affix)),
  endswith: (content, args) => startsOrEnds(args, (affix) => content.endsWith(affix)),
  removeprefix: (content, args) => {
    const affix = needText(args[0])
    return text(content.startsWith(affix) ? content.slice(affix.length) : content)
  },
  removesuffix: (content, args) => {
    const affix = needText(args[0])
    return text(affix !== '' && content.endsWith(affix) ? content.slice(0, -affix.length) : content)
  },
  split: (content, args, keywords) =>
    list(
      splitText(
        content,
        optionalText(args[0] ?? keywords.get('sep')),
        needLimit(args[1] ?? keywords.get('maxsplit')),
      ).map(text),
    ),
  rsplit: (content, args, keywords) =>
    list(
      splitTextFromRight(
        content,
        optionalText(args[0] ?? keywords.get('sep')),
        needLimit(args[1] ?? keywords.get('maxsplit')),
      ).map(text),
    ),
  splitlines: (content) => {
    const lines = content.split(LINE_END)
    if (lines.at(-1) === '') lines.pop()
    return list(lines.map(text))
  },
  partition: (content, args) => {
    const separator = needText(args[0])
    const at = content.indexOf(separator)
    const parts = at < 0 ? [content, '', ''] : [content.slice(0, at), separator, content.slice(at + separator.length)]
    return list(parts.map(text))
  },
  rpartition: (content, args) => {
    const separator = needText(args[0])
    const at = content.lastIndexOf(separator)
    const parts = at < 0 ? ['', '', content] : [content.slice(0, at), separator, content.slice(at + separator.length)]
    return list(parts.map(text))
  },
  replace: (content, args, keywords) =>
    text(replaceText(content, needText(args[0]), needText(args[1]), needLimit(args[2] ?? keywords.get('count')))),
  join: (content, args) => text(itemsOf(args[0]).map(needText).join(content)),
  find: (content, args) => integer(codePointIndex(content, content.indexOf(needText(args[0])))),
  rfind: (content, args) => integer(codePointIndex(content, content.lastIndexOf(needText(args[0])))),
  index: (content, args) => {
    const at = content.indexOf(needText(args[0]))
    if (at < 0) throw new Error('substring not found')
    return integer(codePointIndex(content, at))
  },
  count: (content, args) => integer(content.split(needText(args[0])).length - 1),
  isdigit: (content) => boolean(/^\p{Nd}+$/u.test(content)),
  isnumeric: (content) => boolean(/^\p{N}+$/u.test(content)),
  isalpha: (content) => boolean(/^\p{L}+$/u.test(content)),
  isalnum: (content) => boolean(/^[\p{L}\p{N}]+$/u.test(content)),
  isspace: (content) => boolean(content !== '' && stripLeft(content) === ''),
  isupper: (content) => boolean(/\p{Lu}/u.test(content) && content === content.toUpperCase()),
  islower: (content) => boolean(/\p{Ll}/u.test(content) && content === content.toLowerCase()),
  zfill: (content, args) => {
    const sign = /^[+-]/.exec(content)?.[0] ?? ''
    return text(sign + content.slice(sign.length).padStart(needLimit(args[0]) - sign.length, '0'))
  },
  ljust: (content, args) => text(content.padEnd(checkedWidth(args[0]), optionalText(args[1]) ?? ' ')),
  rjust: (content, args) => text(content.padStart(checkedWidth(args[0]), optionalText(args[1]) ?? ' ')),
  center: (content, args) => text(center(content, checkedWidth(args[0]))),
  format: (content, args, keywords) => text(formatBraces(content, args, keywords)),
}

function checkedWidth(value: Value | undefined): number {
  const width = needLimit(value)
  if (width > 1e6) throw new Error('the width is too large')
  return width
}

export function center(content: string, width: number): string {
  const missing = width - Array.from(content).length
  if (missing <= 0) return content
  const left = Math.floor(missing / 2) + (missing & width & 1)
  return ' '.repeat(left) + content + ' '.repeat(missing - left)
}

/** Python's `content % values`. */
export function formatPercent(content: string, values: readonly Value[], mapping?: ReadonlyMap<string, Value>): string {
  let next = 0
  const result = content.replace(
    /%(?:\(([^)]*)\))?([-+ 0#]*)(\d+|\*)?(?:\.(\d+))?([%a-zA-Z])/g,
    (_whole, name: string | undefined, flags: string, widthText: string | undefined, precisionText, kind: string) => {
      if (kind === '%') return '%'
      const width = widthText === '*' ? Number(take(undefined).value) : Number(widthText ?? 0)
      if (width > 1e6) throw new Error('the width is too large')
      const precision = precisionText === undefined ? undefined : Number(precisionText)
      return pad(formatOne(take(name), kind, flags, precision), width, flags, kind)
    },
  )
  if (!mapping && next < values.length) throw new Error('not all arguments converted during string formatting')
  return result

  function take(name: string | undefined): Value {
    const value = name === undefined ? values[next++] : mapping?.get(name)
    if (value === undefined) throw new Error('not enough arguments for format string')
    return value
  }
}

function formatOne(value: Value, kind: string, flags: string, precision: number | undefined): string {
  if (kind === 's' || kind === 'r') {
    const shown = kind === 's' ? toText(value) : represent(value)
    return precision === undefined ? shown : Array.from(shown).slice(0, precision).join('')
  }
  if (kind === 'c' && isText(value)) return value.value
  if (!isNumber(value)) throw new Error(`%${kind} format: a number is required`)
  const number = Number(value.value)
  const sign = number < 0 ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''
  const size = Math.abs(number)
  switch (kind) {
    case 'd':
    case 'i':
    case 'u':
      return (
        sign +
        Math.trunc(size)
          .toString()
          .padStart(precision ?? 0, '0')
      )
    case 'x':
      return sign + Math.trunc(size).toString(16)
    case 'X':
      return sign + Math.trunc(size).toString(16).toUpperCase()
    case 'o':
      return sign + Math.trunc(size).toString(8)
    case 'f':
    case 'F':
      return sign + fixed(size, precision ?? 6)
    case 'e':
      return sign + size.toExponential(precision ?? 6).replace(/e([+-])(\d)$/, 'e$10$2')
    case 'g':
      return sign + String(Number(size.toPrecision(precision === 0 ? 1 : (precision ?? 6))))
    case 'c':
      return String.fromCodePoint(number)
    default:
      throw new Error(`unsupported format character '${kind}'`)
  }
}

/** Python rounds an exact half to the even digit, JavaScript's `toFixed` upwards. */
function fixed(size: number, digits: number): string {
  const rounded = size.toFixed(Math.min(digits, 60))
  const exact = size.toFixed(Math.min(digits, 60) + 40)
  const dot = exact.indexOf('.') + 1
  const isHalf = /^50*$/.test(exact.slice(dot + digits))
  if (!isHalf || Number(rounded.at(-1)) % 2 === 0) return rounded
  return exact.slice(0, digits === 0 ? dot - 1 : dot + digits)
}

function pad(shown: string, width: number, flags: string, kind: string): string {
  const missing = width - Array.from(shown).length
  if (missing <= 0) return shown
  if (flags.includes('-')) return shown + ' '.repeat(missing)
  if (!flags.includes('0') || kind === 's' || kind === 'r') return ' '.repeat(missing) + shown
  const sign = /^[-+ ]/.exec(shown)?.[0] ?? ''
  return sign + '0'.repeat(missing) + shown.slice(sign.length)
}

/** The part of `str.format` that templates use: positions and names, attributes by dot or bracket, no format specification. */
function formatBraces(content: string, args: readonly Value[], keywords: ReadonlyMap<string, Value>): string {
  let next = 0
  return content.replace(/\{\{|\}\}|\{([^{}]*)\}/g, (whole, field: string | undefined) => {
    if (field === undefined) return whole.charAt(0)
    const [path, conversion] = field.split('!')
    if (path.includes(':')) throw new Error('format specifications are not supported')
    const [name, ...rest] = path.split(/[.[\]]+/).filter((part, i) => i === 0 || part !== '')
    let value = name === '' ? args[next++] : /^\d+$/.test(name) ? args[Number(name)] : keywords.get(name)
    for (const key of rest) value = value && isDict(value) ? value.value.get(key) : undefined
    if (value === undefined) throw new Error(`format: nothing for {${field}}`)
    return conversion === 'r' ? represent(value) : toText(value)
  })
}
