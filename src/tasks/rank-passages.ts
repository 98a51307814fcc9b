/** The passages that a question is nearest to, for documents that are given once and need no index: BM25, joined with meaning. */
import type { Passage } from '../retrieval/citations.ts'
import { fuseRankings, type Ranking } from '../retrieval/fusion.ts'
import { wordsOf } from '../retrieval/shared-words.ts'
import type { SentenceEncoder } from '../tools/steps/step.ts'
import { dot } from './source-support.ts'

interface RankOptions {
  readonly limit: number
  readonly encoder: SentenceEncoder | undefined
  readonly signal: AbortSignal
}

/** The nearest first: small models read the beginning best. */
export async function rankPassages(
  question: string,
  passages: readonly Passage[],
  { limit, encoder, signal }: RankOptions,
): Promise<readonly Passage[]> {
  const coverages = coverByWords(question, passages)
  const byWords = rankingOf(coverages)
  // As in an index: a passage that shares only frequent words with the question is first by words, and yet no find.
  const rankings: Ranking[] = [{ rows: byWords, weight: 1, trust: byWords.map((row) => coverages[row] ** 2) }]
  if (encoder !== undefined) {
    const [asked, ...vectors] = await encoder.embed([question, ...passages.map(({ text }) => text)], {
      truncate: true,
      signal,
    })
    rankings.push({ rows: rankingOf(vectors.map((vector) => dot(asked, vector))), weight: 1 })
  }
  return fuseRankings(rankings)
    .slice(0, limit)
    .map(({ row }) => passages[row])
}

function rankingOf(scores: readonly number[]): number[] {
  return [...scores.keys()].toSorted((a, b) => scores[b] - scores[a])
}

/** Okapi BM25 (Robertson and Zaragoza 2009) over sets of stems, a word once a passage: as a share of the question's weight, 0 to 1. */
function coverByWords(question: string, passages: readonly Passage[]): number[] {
  const sets = passages.map(({ text }) => wordsOf(text))
  const meanLength = sets.reduce((sum, { size }) => sum + size, 0) / sets.length
  const weights = [...wordsOf(question)].map((word) => {
    const having = sets.filter((set) => set.has(word)).length
    return { word, weight: Math.log(1 + (sets.length - having + 0.5) / (having + 0.5)) }
  })
  const total = weights.reduce((sum, { weight }) => sum + weight, 0)
  return sets.map((set) => {
    const length = saturation * (1 - lengthShare + (lengthShare * set.size) / Math.max(1, meanLength))
    const score = weights.reduce(
      (sum, { word, weight }) => sum + (set.has(word) ? (weight * (saturation + 1)) / (1 + length) : 0),
      0,
    )
    return total === 0 ? 0 : Math.min(1, score / total)
  })
}

/** BM25's k1 and b. */
const saturation = 1.2
const lengthShare = 0.75
