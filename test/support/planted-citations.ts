/**
 * Answers with citations that are right, and the same with one fault each, made of any passages by a seed: what a check of citations must
 * let through and what it must find.
 */
import type { GivenQuote, Passage } from '../../src/retrieval/citations.ts'
import { findQuote } from '../../src/retrieval/find-quote.ts'
import { sentencesOf } from '../../src/retrieval/sentences.ts'
import { numbersOf } from '../../src/retrieval/shared-words.ts'
import { createRandom } from '../../src/util/random.ts'

export interface PlantedAnswer {
  readonly fault: FaultKind | undefined
  readonly answer: string
  readonly passages: readonly Passage[]
  readonly quotes: readonly GivenQuote[]
}

export const faultKinds = [
  'changed-word',
  'changed-number',
  'lost-negation',
  'quote-of-another',
  'swapped-sources',
  'other-sentence',
  'wrong-source',
  'no-source',
  'no-quote',
  'invented-source',
  'invented-number',
] as const

export type FaultKind = (typeof faultKinds)[number]

/** One sentence of an answer, before it is written down. */
interface Claim {
  readonly n: number
  readonly sentence: string
  readonly quote: string
}

/** `count` answers without a fault, and as many with one, of all kinds in turn that the passages allow. */
export function plantCitations(passages: readonly Passage[], count: number, seed: number) {
  const { uint32 } = createRandom(seed)
  const below = (limit: number): number => uint32() % limit
  const pick = <T>(items: readonly T[]): T => items[below(items.length)]
  const usable = passages.filter(({ text }) => citable(text).length > 0)

  const given = (): Passage[] => {
    const some = new Set<Passage>()
    while (some.size < Math.min(4, usable.length)) some.add(pick(usable))
    return [...some]
  }
  const claimFrom = (all: readonly Passage[], n: number): Claim => {
    const sentence = pick(citable(all[n - 1].text))
    return { n, sentence: reworded(sentence, below), quote: blurred(partOf(sentence, below), below) }
  }
  /** Claims of different passages. */
  const claimsFrom = (all: readonly Passage[]): Claim[] => {
    const order = all.map((_, index) => index + 1).toSorted(() => (below(2) === 0 ? -1 : 1))
    return order.slice(0, 2 + below(2)).map((n) => claimFrom(all, n))
  }
  const written = (claims: readonly Claim[], all: readonly Passage[], fault?: FaultKind): PlantedAnswer => ({
    fault,
    answer: claims.map((claim) => withMarker(claim, below)).join(' '),
    passages: all,
    quotes: claims.map(({ n, quote }) => ({ n, quote })),
  })

  const right = Array.from({ length: count }, () => {
    const all = given()
    return written(claimsFrom(all), all)
  })
  const wrong: PlantedAnswer[] = []
  for (let turn = 0; wrong.length < count && turn < count * 50; turn++) {
    const kind = faultKinds[turn % faultKinds.length]
    const all = given()
    const planted = plant(kind, claimsFrom(all), all, { below, pick, written })
    if (planted !== undefined) wrong.push(planted)
  }
  return { right, wrong }
}

interface Tools {
  readonly below: (limit: number) => number
  readonly pick: <T>(items: readonly T[]) => T
  readonly written: (claims: readonly Claim[], all: readonly Passage[], fault: FaultKind) => PlantedAnswer
}

/** The claims with one fault; undefined where that would be none. */
function plant(
  kind: FaultKind,
  claims: readonly Claim[],
  all: readonly Passage[],
  { below, pick, written }: Tools,
): PlantedAnswer | undefined {
  const at = below(claims.length)
  const claim = claims[at]
  const { text } = all[claim.n - 1]
  const replaced = (changed: Partial<Claim>): PlantedAnswer =>
    written(
      claims.map((one, index) => (index === at ? { ...one, ...changed } : one)),
      all,
      kind,
    )
  const misquoted = (quote: string | undefined): PlantedAnswer | undefined =>
    quote === undefined || findWords(quote, text) ? undefined : replaced({ quote })
  switch (kind) {
    case 'changed-word': {
      const words = claim.quote.split(/\s+/)
      const place = below(words.length)
      const others = all
        .flatMap((passage) => citable(passage.text))
        .flatMap((sentence) => sentence.match(/\p{L}{4,}/gu) ?? [])
      const other = pick(others)
      return misquoted(words.map((word, index) => (index === place ? other : word)).join(' '))
    }
    case 'changed-number': {
      const number = /\d+/.exec(claim.quote)?.[0]
      return misquoted(number && claim.quote.replace(number, String(Number(number) + 1 + below(8))))
    }
    case 'lost-negation':
      return misquoted(/ not /.test(claim.quote) ? claim.quote.replace(' not ', ' ') : undefined)
    case 'quote-of-another':
      return misquoted(claims[(at + 1) % claims.length].quote)
    case 'wrong-source': {
      const n = 1 + below(all.length)
      return n === claim.n || findWords(claim.quote, all[n - 1].text) ? undefined : replaced({ n })
    }
    case 'swapped-sources': {
      // Each quote stands where it says, but under the sentence of another.
      const other = claims[(at + 1) % claims.length]
      if (!isElsewhere(claim, other.quote, all) || !isElsewhere(other, claim.quote, all)) return undefined
      const swapped = claims.map((one) =>
        one === claim
          ? { ...other, sentence: one.sentence }
          : one === other
            ? { ...claim, sentence: one.sentence }
            : one,
      )
      return written(swapped, all, kind)
    }
    case 'other-sentence': {
      const other = pick(citable(text))
      return isElsewhere(claim, other, all) ? replaced({ quote: other }) : undefined
    }
    case 'no-source':
      return replaced({ n: 0 })
    case 'no-quote':
      return {
        ...written(claims, all, kind),
        quotes: claims.filter(({ n }) => n !== claim.n).map(({ n, quote }) => ({ n, quote })),
      }
    case 'invented-source':
      return replaced({ n: all.length + 1 + below(3) })
    case 'invented-number': {
      const number = /\d+/.exec(claim.sentence)?.[0]
      if (number === undefined) return undefined
      const sentence = claim.sentence.replace(number, String(Number(number) + 1 + below(8)))
      const known = new Set(all.flatMap((passage) => [...numbersOf(passage.text)]))
      return [...numbersOf(sentence)].every((each) => known.has(each)) ? undefined : replaced({ sentence })
    }
    default:
      return kind satisfies never
  }
}

/** Whether a quote is plainly about something else than the claim: its sentence has less than a third of the claim's longer words. */
function isElsewhere({ sentence }: Claim, quote: string, all: readonly Passage[]): boolean {
  const found = all.flatMap(({ text }) => citable(text)).filter((one) => findWords(quote, one))
  const longWords = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]{4,}/gu) ?? []
  const claimed = longWords(sentence)
  const known = new Set(longWords([quote, ...found].join(' ')))
  return claimed.filter((word) => known.has(word)).length < claimed.length / 3
}

/** Sentences that say enough to be cited. */
function citable(text: string): string[] {
  const sentences = sentencesOf(text).map(({ start, end }) => text.slice(start, end))
  return sentences.filter(
    (sentence) =>
      /^\p{Lu}[^[\]|{}\n]*(?:\n[^[\]|{}\n]+)*[.]$/u.test(sentence) &&
      (sentence.match(/\p{L}{4,}/gu)?.length ?? 0) >= 5 &&
      sentence.length < 300,
  )
}

function findWords(quote: string, text: string): boolean {
  const plain = (words: string): string => (words.normalize('NFKC').match(/[\p{L}\p{N}]+/gu) ?? []).join(' ')
  return ` ${plain(text)} `.includes(` ${plain(quote)} `) || findQuote(quote, text)?.state === 'verified'
}

/** The sentence as an answer says it: whole, led in, or without its last words. */
function reworded(sentence: string, below: (limit: number) => number): string {
  const plain = sentence.replaceAll(/\s+/g, ' ')
  const lower = plain[0].toLowerCase() + plain.slice(1)
  switch (below(3)) {
    case 0:
      return plain
    case 1:
      return `According to the text, ${lower}`
    default:
      return `It says that ${lower}`
  }
}

/** A stretch of a sentence's words: all, or at least five. */
function partOf(sentence: string, below: (limit: number) => number): string {
  const words = [...sentence.matchAll(/\S+/g)]
  if (below(2) === 0 || words.length < 8) return sentence
  const length = 5 + below(words.length - 5)
  const from = below(words.length - length + 1)
  const last = words[from + length - 1]
  return sentence.slice(words[from].index, last.index + last[0].length)
}

/** What happens to quotes on their way that is no fault. */
function blurred(quote: string, below: (limit: number) => number): string {
  const plain = quote.replaceAll(/\s+/g, ' ')
  switch (below(7)) {
    case 0:
      return quote
    case 1:
      return plain.replaceAll(' ', '\u00a0')
    case 2:
      return plain.replaceAll("'", '\u2019').replaceAll('fi', '\ufb01').replaceAll('-', '\u2011')
    case 3:
      return `"${plain}"`
    case 4:
      return `${plain.replace(/[.,;:]$/, '')}\u2026`
    case 5:
      return plain[0].toUpperCase() + plain.slice(1)
    default:
      return plain.normalize('NFD')
  }
}

/** `[n]` before or after the full stop. */
function withMarker({ n, sentence }: Claim, below: (limit: number) => number): string {
  if (n === 0) return sentence
  return below(2) === 0 ? sentence.replace(/\.$/, ` [${n}].`) : `${sentence} [${n}]`
}
