/** Right answers made from the data set's ground truth, and wrong ones made from those. */
import type { Answer } from '../../src/evals/bfcl/check-answer.ts'
import { languageOf } from '../../src/evals/bfcl/check-answer.ts'
import type { AcceptedCall, Call, Language, ParameterDescription } from '../../src/evals/bfcl/check-call.ts'
import type { BfclItem } from '../../src/evals/bfcl/data-set.ts'
import { isList, isRecord, type PythonRecord, type PythonValue } from '../../src/evals/bfcl/python-value.ts'

/**
 * Items of the development half that no answer satisfies, because what they expect contradicts the function or the rules; the
 * leaderboard's own checker refuses them too (`npm run proof -- bfcl-agreement`).
 */
export const unanswerable: ReadonlySet<string> = new Set([
  'simple_java_36', // numbers in an ArrayList of `any`, whose literals stay texts
  'live_simple_106-63-0', // a required parameter without a right value
  'live_multiple_862-181-3', // a parameter that the function does not have
  'live_multiple_964-207-0', // a required parameter that is not expected
])

/** An answer with the first right value of every parameter; optional ones that have none are left out. */
export function replay(item: BfclItem): Answer {
  if (item.category.includes('irrelevance')) return { calls: [] }
  if (item.category === 'live_relevance') return { calls: [{ name: item.functions[0].name, arguments: {} }] }
  return { calls: item.accepted.map((call) => replayCall(item, call)) }
}

function replayCall(item: BfclItem, { name, arguments: accepted }: AcceptedCall): Call {
  const language = languageOf(item.category)
  const properties = item.functions.find((description) => description.name === name)?.parameters.properties ?? {}
  const given = Object.entries(accepted).flatMap(([parameter, values]) => {
    // A parameter of type `any` takes text, whatever else is right for it.
    const texts = properties[parameter]?.type === 'any' ? values.filter((value) => typeof value === 'string') : []
    const value = [...texts, ...values].find((candidate) => candidate !== '')
    const required = item.functions.find((f) => f.name === name)?.parameters.required?.includes(parameter) ?? false
    if (value === undefined) return required ? [[parameter, ''] as const] : []
    const concrete = firstOfRecords(value)
    return [[parameter, language === 'python' ? concrete : literal(concrete, properties[parameter], language)] as const]
  })
  return { name, arguments: Object.fromEntries(given) }
}

/** Objects list right values per key, one level deep, also inside lists. */
function firstOfRecords(value: PythonValue): PythonValue {
  if (isList(value)) return value.map((member) => (isRecord(member) ? firstOfRecords(member) : member))
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, values]) => {
      const first = isList(values) ? values.find((candidate) => candidate !== '') : undefined
      return first === undefined ? [] : [[key, first]]
    }),
  )
}

/** Source text that stands for the value in Java or JavaScript. */
function literal(value: PythonValue, { type = '', items }: ParameterDescription, language: Language): string {
  // A variable, or a text.
  if (typeof value === 'string') return value
  const quoted = (member: PythonValue): string =>
    typeof member === 'string' && items?.type !== 'any' ? `"${member}"` : String(member)
  if (isList(value)) {
    const members = value.map((member) => (items?.type === 'long' ? `${String(member)}L` : quoted(member))).join(', ')
    if (type === 'ArrayList') return `new ArrayList<>(Arrays.asList(${members}))`
    // The original takes quotation marks in an array as part of the text.
    return language === 'java' ? `new Object[]{${value.map(String).join(', ')}}` : `[${members}]`
  }
  if (isRecord(value)) {
    const entries = Object.entries(value)
    if (language === 'javascript')
      return `{${entries.map(([key, member]) => `'${key}': ${quoted(member)}`).join(', ')}}`
    return `new HashMap<>() {{ ${entries.map(([key, member]) => `put("${key}", ${quoted(member)});`).join(' ')} }}`
  }
  if (type === 'long') return `${String(value)}L`
  return type === 'double' || type === 'float' ? Number(value).toFixed(2) : String(value)
}

/** Answers that differ from the replayed one so that they are wrong by the rules, whatever the item. */
export function faultyAnswers(item: BfclItem): { readonly mutation: string; readonly answer: Answer }[] {
  const right = replay(item)
  if (item.category.includes('irrelevance')) {
    const call = { name: item.functions[0]?.name ?? 'f', arguments: {} }
    return [{ mutation: 'a call', answer: { calls: [call] } }]
  }
  if (item.category === 'live_relevance') return [{ mutation: 'no call', answer: { calls: [] } }]
  const [first, ...others] = right.calls
  const withFirst = (mutation: string, call: Call) => ({ mutation, answer: { calls: [call, ...others] } })
  const changed = (name: string, value: PythonValue): Call => ({
    ...first,
    arguments: { ...first.arguments, [name]: value },
  })
  const unreadable = { mutation: 'no JSON', answer: { calls: [], unreadable: 'not JSON' } }
  return [
    unreadable,
    { mutation: 'no call', answer: { calls: [] } },
    { mutation: 'one call more', answer: { calls: [...right.calls, first] } },
    { mutation: 'one call less', answer: { calls: others } },
    withFirst('another name', { ...first, name: `${first.name}_` }),
    withFirst('an unknown parameter', changed('no_such_parameter', 1n)),
    ...Object.keys(first.arguments).flatMap((name) => [
      withFirst(`another text for ${name}`, changed(name, 'certainly not the right value')),
      ...(nullIsRight(item, name) ? [] : [withFirst(`null for ${name}`, changed(name, null))]),
      withFirst(`a list around ${name}`, changed(name, [[first.arguments[name]]])),
      ...omission(item, first, name).map((call) => withFirst(`without ${name}`, call)),
    ]),
  ]
}

function nullIsRight(item: BfclItem, name: string): boolean {
  return item.accepted.some(({ arguments: accepted }) => accepted[name]?.includes(null) ?? false)
}

/** The call without a parameter that must be there. */
function omission(item: BfclItem, call: Call, name: string): Call[] {
  const required = item.functions.find((f) => f.name === call.name)?.parameters.required?.includes(name) ?? false
  const optional = item.accepted[0]?.arguments[name]?.includes('') ?? false
  if (optional && !required) return []
  const { [name]: _, ...rest } = call.arguments as PythonRecord
  return [{ ...call, arguments: rest }]
}

/** JSON in which a float stays one. */
export function writePythonJson(value: PythonValue): string {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return Number.isInteger(value) ? value.toFixed(1) : String(value)
  if (isList(value)) return `[${value.map(writePythonJson).join(', ')}]`
  if (!isRecord(value)) return JSON.stringify(value)
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${writePythonJson(member)}`)
  return `{${members.join(', ')}}`
}
