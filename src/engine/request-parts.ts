/** A request as the values and words that calls may take from it: numbers, quoted texts, names, other words, in their order. */
import { isIn, splitWords, type Words } from './words.ts'

export interface RequestPart {
  readonly kind: 'number' | 'quoted' | 'name' | 'word'
  /** Without quotes; of numbers without thousands separators. */
  readonly text: string
  readonly start: number
  readonly end: number
}

export const isNumber = ({ kind }: RequestPart): boolean => kind === 'number'
export const isName = ({ kind }: RequestPart): boolean => kind === 'name' || kind === 'quoted'

const quoted = /"(?<double>[^"\n]{1,80})"|(?<![\p{L}\d])'(?<single>[^'\n]{1,80})'(?!\p{L})/u
const number = /(?<![\p{L}\d_])-?\d+(?:[.,]\d+)*/u
const name = /\p{Lu}[\p{L}\d'’.-]*(?:\s+(?:(?:of|the|de|la)\s+)?\p{Lu}[\p{L}\d'’-]*)*/u
const word = /\p{Ll}[\p{L}\d]+/u
const anyPart = new RegExp([quoted, number, name, word].map(({ source }) => source).join('|'), 'gu')

export function partsOf(request: string): readonly RequestPart[] {
  return [...request.matchAll(anyPart)].flatMap(({ index: start, 0: text, groups }): RequestPart[] => {
    const end = start + text.length
    const inner = groups?.['double'] ?? groups?.['single']
    if (inner !== undefined) return [{ kind: 'quoted', text: inner, start, end }]
    if (/^-?\d/.test(text)) return splitNumbers(text).map((one) => ({ kind: 'number', text: one, start, end }))
    return readWords(text, beginsSentence(request, start)).map((part) => ({ ...part, start, end }))
  })
}

/** `400,000` is one number, `1,5` are two. */
function splitNumbers(text: string): readonly string[] {
  if (/^-?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(text)) return [text.replaceAll(',', '')]
  return text.split(',')
}

/** A sentence's first word says nothing by being capitalised. */
function readWords(text: string, first: boolean): readonly Pick<RequestPart, 'kind' | 'text'>[] {
  if (!/^\p{Lu}/u.test(text)) return frequentWords.has(text) || text.length < 3 ? [] : [{ kind: 'word', text }]
  const [lead = '', ...others] = text.replace(/[.'’-]+$/, '').split(/\s+/)
  const small = lead.toLowerCase()
  if (first && others.length === 0)
    return frequentWords.has(small) || lead.length < 4 ? [] : [{ kind: 'word', text: small }]
  if (first && frequentWords.has(small)) return [{ kind: 'name', text: others.join(' ') }]
  return lead === 'I' || (others.length === 0 && frequentWords.has(small))
    ? []
    : [{ kind: 'name', text: [lead, ...others].join(' ') }]
}

function beginsSentence(text: string, at: number): boolean {
  return /(?:^|[.?!:]\s*|\n\s*|["'])$/u.test(text.slice(0, at))
}

/** Frequent words, and those by which requests ask for anything and count what they ask for. */
export const frequentWords = new Set(
  (
    'a about after all also an and another any are as at be been between both but by calculate can compute could determine did do does each find ' +
    'first following for fourth from finally get give had has have help how i if in instead into is it its last lastly like many me more most much ' +
    'my need next not of on one or our over per please respectively same second secondly should show tell than that the their them then there ' +
    'these they third this those to under use using want was we were what when where whether which who will with would you your'
  ).split(' '),
)

/** Parts that are one list: all numbers, all names or all other words, with commas between them and a conjunction before the last. */
export function listsOf(request: string, parts: readonly RequestPart[]): readonly (readonly RequestPart[])[] {
  const lists: { members: RequestPart[]; isList: boolean }[] = []
  for (const part of parts) {
    const list = lists.at(-1)
    const before = list?.members.at(-1)
    const joined = list !== undefined && before !== undefined && isJoined(request, before, part)
    if (!joined) {
      lists.push({ members: [part], isList: true })
      continue
    }
    list.members.push(part)
    list.isList = part.kind === 'number' || conjunction.test(request.slice(before.end, part.start))
  }
  // Without a conjunction the second name says where the first one is: "Rome, Italy".
  return lists.flatMap(({ members, isList }) => (isList ? [members] : members.map((part) => [part])))
}

const conjunction = /&|\b(?:and|or|as well as)\b/i

const joint = new RegExp(
  '^[^\\p{L}\\d.?!]*(?:,|&|\\b(?:and|or|as well as)\\b)(?:\\s+(?:and|the|an?|in|for|of|at|on|to|with|then|also))*\\s*[$€£"\'(]*$',
  'iu',
)

function isJoined(request: string, before: RequestPart, after: RequestPart): boolean {
  if (sortOf(before) !== sortOf(after)) return false
  if (after.start < before.end) return true
  const between = request.slice(before.end, after.start)
  // Two words beside a comma are mostly two clauses.
  return joint.test(between) && (sortOf(before) !== 'word' || !between.includes(','))
}

function sortOf({ kind }: RequestPart): 'number' | 'name' | 'word' {
  return kind === 'quoted' ? 'name' : kind
}

/** What values and texts hold, to be asked for parts. */
export interface Held {
  readonly words: Words
  readonly numbers: readonly number[]
}

/** Per cent are often given as a share, and large numbers as millions. */
const scales = [1, 0.01, 1e3, 1e6, 1e9, -1]

/** Whether a part is held: a number in any of its usual scales, a text if half of its words are. */
export function isHeld({ kind, text }: RequestPart, held: Held): boolean {
  if (kind === 'number') return hasNumber(text, held)
  const words = splitWords(text).filter((one) => one.length > 1)
  const digits = text.match(/\d+/g) ?? []
  const found =
    words.filter((one) => isIn(one, held.words)).length + digits.filter((one) => hasNumber(one, held)).length
  return found >= (words.length + digits.length) / 2
}

function hasNumber(text: string, { numbers }: Held): boolean {
  const value = Number(text)
  return scales.some((scale) =>
    numbers.some((one) => Math.abs(one - value * scale) <= 1e-9 * Math.max(1, Math.abs(one))),
  )
}
