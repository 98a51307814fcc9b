/**
 * Whether a text says what a sentence says: where in the text the sentence comes from, and which of its facts (numbers, names, negations, directions)
 * do not stand there. Words are compared by their stems and weighed by how rare they are, so it works without a model.
 */
import { numbersOf, spelledNumbersOf, wordsOf } from '../retrieval/shared-words.ts'
import { sentencesOf, type Span } from '../retrieval/sentences.ts'
import { deniesSomething, namesOf, opposedWord } from './facts.ts'
import { detectLanguage } from './language.ts'

export interface Support {
  /** The sentence that was looked for. */
  readonly sentence: string
  /** The nearest sentence of the source, with a neighbour that it cannot be understood without: UTF-16 units, `end` exclusive. */
  readonly start: number
  readonly end: number
  /** How much of it the source says, 0 to 1: the share of its words, or the cosine of the nearest sentence where there are vectors. */
  readonly score: number
}

export interface CheckedClaim extends Support {
  /** Empty where the source supports the sentence. */
  readonly fault: string
}

export interface Source {
  readonly text: string
  readonly sentences: readonly Span[]
  /** @param vector of the sentence, where the source has vectors */
  readonly check: (sentence: string, vector?: Float32Array) => CheckedClaim
}

/** Characters that tell a text's language. */
const sampleCharacters = 2000
/** A sentence is covered where sentences of the source share this much of its words' weight. */
const leastCover = 0.55
/** Another sentence of the source counts as a second origin where it adds so much. */
const leastAdded = 0.15
/** Sentences that one sentence may be made of. */
const mostOrigins = 3
/** Cosine from which a sentence of the source says the same, where there are vectors: words alone are also shared by what is wrong. */
const leastCosine = 0.7
/** Cover that it needs beside: a sentence that goes on with an invention still has the cosine of its beginning. */
const leastCoverBeside = 0.4

/**
 * Reads a source once; its `check` is then cheap.
 * @param vectors of its sentences by a sentence encoder, unit length: finds what was said with other words
 */
export function readSource(text: string, vectors?: readonly Float32Array[]): Source {
  const sentences = sentencesOf(text)
  const entries = sentences.map((span) => entryOf(text.slice(span.start, span.end)))
  const weightOf = rarity(entries.map(({ words }) => words))
  const known = new Set(
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{M}]+/gu),
  )
  // German writes all nouns with capitals: they tell no names there.
  const nounsLarge = detectLanguage(text.slice(0, sampleCharacters))?.code === 'de'
  const coverOf = (words: ReadonlySet<string>, origin: Entry): number =>
    sum([...words].filter((word) => origin.words.has(word)).map(weightOf))

  /** The sentence that covers most of the words; of equals the first. */
  const bestFor = (words: ReadonlySet<string>): { at: number; cover: number } =>
    entries.reduce(
      (best, entry, at) => {
        const cover = coverOf(words, entry)
        return cover > best.cover ? { at, cover } : best
      },
      { at: 0, cover: 0 },
    )

  const check = (sentence: string, vector?: Float32Array): CheckedClaim => {
    const words = wordsOf(sentence)
    const total = sum([...words].map(weightOf))
    const nearest = bestFor(words)
    const lexical = total === 0 ? 0 : nearest.cover / total
    const similar = vector && vectors && mostSimilar(vector, vectors)
    const bySense = similar !== undefined && lexical < leastCover && similar.cosine >= leastCosine
    const at = bySense ? similar.at : nearest.at
    const joined = joinedWith(entries, at, words)
    const origins = [...joined]
    const open = new Set(words)
    let covered = 0
    for (const origin of joined) {
      covered += coverOf(open, entries[origin])
      for (const word of entries[origin].words) open.delete(word)
    }
    while (origins.length < mostOrigins) {
      const next = bestFor(open)
      const added = [...open].filter((word) => entries[next.at].words.has(word))
      // One word found elsewhere is a fact put into another sentence's mouth; several are a second statement.
      if (added.length < 2 || next.cover < leastAdded * total) break
      origins.push(next.at)
      covered += next.cover
      for (const word of added) open.delete(word)
    }
    const cover = total === 0 ? 0 : covered / total
    const score = similar?.cosine ?? cover
    const isSaid =
      (similar === undefined ? cover >= leastCover : similar.cosine >= leastCosine && cover >= leastCoverBeside) &&
      !hasStrangeClause(sentence, new Set(origins.flatMap((origin) => [...entries[origin].words])))
    const { start } = sentences[Math.min(...joined)]
    const { end } = sentences[Math.max(...joined)]
    const fault = isSaid
      ? factFault(sentence, { entries, origins, known, nounsLarge, cover: lexical })
      : 'The source does not say this.'
    return { sentence, start, end, score: Math.max(0, Math.min(1, score)), fault }
  }
  return { text, sentences, check: entries.length === 0 ? unsupported : check }
}

/** Words of a clause that says something of its own. */
const clauseWords = 3
/** Share of them that the origins must have more of. */
const strangeShare = 0.2

/** Small models begin with what the source says and go on with an invention: a clause of which its origins have hardly a word. */
function hasStrangeClause(sentence: string, known: ReadonlySet<string>): boolean {
  const clauses = sentence.split(/[,;:]\s+|\s+(?:and|but|because|while|which|who)\s+/)
  return clauses.some((clause) => {
    const words = [...wordsOf(clause)]
    return words.length >= clauseWords && words.filter((word) => known.has(word)).length <= strangeShare * words.length
  })
}

function mostSimilar(vector: Float32Array, vectors: readonly Float32Array[]): { at: number; cosine: number } {
  const cosines = vectors.map((other) => dot(vector, other))
  return cosines.reduce((best, cosine, at) => (cosine > best.cosine ? { at, cosine } : best), {
    at: 0,
    cosine: -Infinity,
  })
}

/** Words by which a sentence speaks of the one before it. */
const pronoun = /\b(?:it|its|he|she|his|her|him|they|their|them|this|these|that|those|er|sie|es|il|elle|ils|elles)\b/i

/** The sentence, and of its neighbours those that are tied to it by a pronoun and say a word that it does not. */
function joinedWith(entries: readonly Entry[], at: number, words: ReadonlySet<string>): number[] {
  const adds = (other: number): boolean =>
    [...words].some((word) => entries[other].words.has(word) && !entries[at].words.has(word))
  const before = at > 0 && pronoun.test(entries[at].text) && adds(at - 1) ? [at - 1] : []
  const behind = at + 1 < entries.length && pronoun.test(entries[at + 1].text) && adds(at + 1) ? [at + 1] : []
  return [at, ...before, ...behind]
}

const unsupported = (sentence: string): CheckedClaim => ({
  sentence,
  start: 0,
  end: 0,
  score: 0,
  fault: 'The source says nothing.',
})

interface Entry {
  readonly text: string
  readonly words: ReadonlySet<string>
}

const entryOf = (text: string): Entry => ({ text, words: wordsOf(text) })

interface FactContext {
  readonly entries: readonly Entry[]
  readonly origins: readonly number[]
  readonly known: ReadonlySet<string>
  readonly nounsLarge: boolean
  /** Share of the sentence that its nearest sentence covers. */
  readonly cover: number
}

/** Sentences before an origin in which a name may stand that the origin speaks of by a pronoun. */
const reach = 2
/** From this cover on a sentence is a copy of its origin, and must deny what that denies. */
const copyCover = 0.75

function factFault(sentence: string, { entries, origins, known, nounsLarge, cover }: FactContext): string {
  const own = origins.map((at) => entries[at].text).join(' ')
  const around = origins.flatMap((at) => entries.slice(Math.max(0, at - reach), at + 1)).map(({ text }) => text)
  const numbers = new Set([...numbersOf(own), ...spelledNumbersOf(own)])
  const strange = [...numbersOf(sentence), ...spelledNumbersOf(sentence)].find((number) => !numbers.has(number))
  if (strange !== undefined) return `The source does not say the number ${strange} there.`
  if (!nounsLarge) {
    const near = new Set(wordsIn([...around, entries[0].text].join(' ')))
    const name = namesOf(sentence, known).find((word) => !near.has(bare(word)))
    if (name !== undefined) return `The source does not name ${name} there.`
  }
  const denies = deniesSomething(sentence)
  const sourceDenies = origins.some((at) => deniesSomething(entries[at].text))
  const opposed = opposedWord(sentence, own)
  // What did not rise may have fallen: with a negation on one side the opposite may say the same.
  if (opposed !== undefined) return denies || sourceDenies ? '' : `The source says the opposite of ${opposed}.`
  if (denies && !sourceDenies) return 'The source does not deny this.'
  if (!denies && sourceDenies && cover >= copyCover && deniesSomething(entries[origins[0]].text)) {
    return 'The source denies this.'
  }
  return ''
}

const wordsIn = (text: string): string[] => (text.match(/[\p{L}\p{M}\p{N}]+/gu) ?? []).map(bare)

/** Without the ending of a genitive. */
const bare = (word: string): string => word.toLowerCase().replace(/['\u2019]s$/, '')

/** Weight of a word by the share of sentences that have it (Sparck Jones 1972); of words that none has, the greatest. */
function rarity(sentences: readonly ReadonlySet<string>[]): (word: string) => number {
  const counts = new Map<string, number>()
  for (const words of sentences) for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return (word) => Math.log(1 + sentences.length / (counts.get(word) ?? 1))
}

export function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((total, value, index) => total + value * b[index], 0)
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
