/**
 * Verifiers of texts that are data: what has to stand in a text, what may not, how long it is, its form. They are programs, so what they say
 * is a signal from outside, and their feedback says what to change.
 */
import * as z from 'zod'
import { compileFormat } from '../constrain/index.ts'
import type { Grammar } from '../constrain/grammar.ts'
import type { Verdict, Verifier } from '../tools/steps/verifier.ts'
import { OstroError } from '../util/error.ts'
import type { JsonValue } from '../util/json.ts'

const phrase = z.string().trim().min(1)
/** A point is made by a phrase or by any of several: `"gravity"`, `["pulls", "attracts"]`. */
const point = z.union([phrase, z.array(phrase).min(1)])
const wordLimits = {
  least: z.int().min(0).default(0).describe('Fewest words'),
  most: z.int().min(1).optional().describe('Most words'),
}

export const textCheck = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('contains'), text: phrase.describe('Stands in the text, in any case') }),
  z.strictObject({
    kind: z.literal('regex'),
    pattern: z.string().min(1).describe('Matches a part of the text; ^ and $ at its ends tie it to those of the text'),
  }),
  z.strictObject({ kind: z.literal('words'), ...wordLimits }),
  z.strictObject({ kind: z.literal('json-schema'), schema: z.json().describe('The text is JSON of this schema') }),
  z.strictObject({
    kind: z.literal('rubric'),
    required: z.array(point).default([]).describe('Points that the text makes: a phrase, or any of several'),
    forbidden: z.array(point).default([]).describe('Points that it does not make'),
    words: z.strictObject(wordLimits).optional(),
  }),
])

/** What a text is checked for. */
export type TextCheck = z.infer<typeof textCheck>

/** One thing that is right or not. */
interface Finding {
  /** 0 to 1. */
  readonly share: number
  /** What is wrong, as an instruction; undefined where nothing is. */
  readonly problem: string | undefined
}

/**
 * A verifier that passes texts which pass all checks; the score is the share of single points that hold.
 *
 * @throws OstroError `invalid-argument` for no checks, and for a pattern or a schema that is none
 * @example
 * const verifier = textVerifier([{ kind: 'words', least: 50, most: 80 }, { kind: 'contains', text: 'the Moon' }])
 */
export function textVerifier(checks: readonly z.input<typeof textCheck>[]): Verifier<string> {
  if (checks.length === 0)
    throw new OstroError('invalid-argument', 'textVerifier: at least one check expected, got none.')
  const compiled = checks.map((check) => compileCheck(textCheck.parse(check)))
  return { source: 'external', verify: (text) => verdictOf(compiled.flatMap((check) => check(text))) }
}

function verdictOf(findings: readonly Finding[]): Verdict {
  const problems = findings.flatMap(({ problem }) => (problem === undefined ? [] : [problem]))
  const score = findings.reduce((sum, { share }) => sum + share, 0) / Math.max(1, findings.length)
  return { passed: problems.length === 0, score, feedback: problems.join(' ') }
}

function compileCheck(check: TextCheck): (text: string) => readonly Finding[] {
  switch (check.kind) {
    case 'contains':
      return (text) => [holds(makesPoint(fold(text), check.text), `It must contain "${check.text}".`)]
    case 'regex': {
      const grammar = compileSearch(check.pattern)
      return (text) => [holds(isWhole(grammar, text), `It must match the regular expression ${check.pattern}.`)]
    }
    case 'words':
      return (text) => [lengthFinding(text, check)]
    case 'json-schema':
      return compileSchema(check.schema)
    case 'rubric':
      return compileRubric(check)
    default:
      return check satisfies never
  }
}

function compileRubric({ required, forbidden, words }: Extract<TextCheck, { kind: 'rubric' }>) {
  return (text: string): Finding[] => {
    const folded = fold(text)
    return [
      ...required.map((each) => holds(makesPoint(folded, each), `It does not say: ${namesOf(each)}.`)),
      ...forbidden.map((each) => holds(!makesPoint(folded, each), `It must not say: ${namesOf(each)}.`)),
      ...(words === undefined ? [] : [lengthFinding(text, words)]),
    ]
  }
}

const holds = (right: boolean, problem: string): Finding => ({
  share: right ? 1 : 0,
  problem: right ? undefined : problem,
})

const namesOf = (given: string | readonly string[]): string => [given].flat().join(' or ')

/** Without case and runs of space, so that a phrase is found across a line break. */
const fold = (text: string): string => text.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim()

/** As words of their own where the script has spaces: "cat" is not in "education", but "tide" is in "tides". */
function makesPoint(folded: string, given: string | readonly string[]): boolean {
  return [given].flat().some((each) => {
    const sought = fold(each)
    for (let at = folded.indexOf(sought); at >= 0; at = folded.indexOf(sought, at + 1)) {
      if (at === 0 || !/[\p{L}\p{N}]$/u.test(folded.slice(0, at)) || !/^[\p{Script=Latin}\p{N}]/u.test(sought))
        return true
    }
    return false
  })
}

function lengthFinding(
  text: string,
  { least, most = Infinity }: { least: number; most?: number | undefined },
): Finding {
  const count = text.match(/[\p{L}\p{N}]+(?:['\u2019-][\p{L}\p{N}]+)*/gu)?.length ?? 0
  if (count < least) return { share: count / least, problem: `It has ${count} words, write at least ${least}.` }
  if (count > most) return { share: most / count, problem: `It has ${count} words, write at most ${most}.` }
  return { share: 1, problem: undefined }
}

/** Searched by an automaton: no pattern takes more than linear time. */
function compileSearch(pattern: string): Grammar {
  const isTiedAtEnd = /(?:^|[^\\])(?:\\\\)*\$$/.test(pattern)
  const before = pattern.startsWith('^') ? '' : '[^]*'
  const behind = isTiedAtEnd ? '' : '[^]*'
  const inner = pattern.slice(before === '' ? 1 : 0, isTiedAtEnd ? -1 : undefined)
  return compileFormat({ type: 'regex', pattern: `${before}(?:${inner})${behind}` })
}

/** How many bytes of a text are legal, all where it is of the language; undefined where it only begins a text of it. */
function legalBytes(grammar: Grammar, bytes: Uint8Array): number | undefined {
  let state = grammar.start
  for (const [at, byte] of bytes.entries()) {
    const next = state.next(byte)
    if (next === undefined) return at
    state = next
  }
  return state.canEnd ? bytes.length : undefined
}

function isWhole(grammar: Grammar, text: string): boolean {
  const bytes = new TextEncoder().encode(text)
  return legalBytes(grammar, bytes) === bytes.length
}

/** By the grammar that also holds models to a schema; it reads JSON without needless space. */
function compileSchema(schema: JsonValue): (text: string) => readonly Finding[] {
  const grammar = compileFormat({ type: 'json-schema', schema })
  return (text) => {
    const value = parseJson(text)
    if (value === undefined) return [holds(false, 'It must be JSON and nothing else.')]
    const bytes = new TextEncoder().encode(JSON.stringify(value))
    const legal = legalBytes(grammar, bytes) ?? bytes.length
    const place = new TextDecoder().decode(bytes.slice(Math.max(0, legal - 40), legal))
    return [holds(isWhole(grammar, JSON.stringify(value)), `It does not fit the schema; it breaks it after: ${place}`)]
  }
}

function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    // That a text is no JSON is the finding, not a failure.
    return undefined
  }
}
