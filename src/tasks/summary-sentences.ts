/** The sentences of a summary: read out of what a model wrote, put together within a length. */
import { sharedWords, wordsOf } from '../retrieval/shared-words.ts'
import { sentencesOf } from '../retrieval/sentences.ts'
import { centralSentences, countWords } from './central-sentences.ts'
import type { Source, Support } from './source-support.ts'

/** Share of words from which a sentence repeats another. */
const repeatedShare = 0.85

/** The sentences that a model has finished, without bullets, headings and tables, each said once. */
export function finishedSentences(written: string): string[] {
  const lines = written.split('\n').map((line) => line.replace(/^\s*(?:[-*+\u2022]|\d{1,2}[.)])\s+/, ''))
  // A bullet is a sentence of its own; wrapped lines are not.
  const separator = lines.every((line, index) => line === written.split('\n')[index]) ? '\n' : '\n\n'
  const text = lines.filter((line) => !/^\s*(?:[|#]|```|-{3})/.test(line)).join(separator)
  const found = sentencesOf(text).map(({ start, end }) => text.slice(start, end).replaceAll(/\s+/g, ' '))
  const finished = found.filter((sentence, index) => index < found.length - 1 || isFinished(sentence))
  return (finished.length > 0 ? finished : found).reduce<string[]>((kept, sentence) => {
    const words = wordsOf(sentence)
    const repeats = kept.some(
      (other) => sentence === other || (words.size > 0 && sharedWords(words, other) >= repeatedShare),
    )
    return countWords(sentence) < 3 || repeats ? kept : [...kept, sentence]
  }, [])
}

const isFinished = (sentence: string): boolean => /[.!?\u3002\uff01\uff1f\u2026]["'\u201d\u2019)\]]*$/.test(sentence)

/** The source's own central sentences, each its own support: of running text where there is any; of a text of scraps, the first. */
export function quotedSentences(source: Source, mostWords: number, from = source.text): Support[] {
  const all = sentencesOf(from)
  const running = all.filter(({ start, end }) => isRunningText(from.slice(start, end)))
  const central = centralSentences(from, running.length > 0 ? running : all, mostWords)
  return (central.length > 0 ? central : all.slice(0, 1)).map(({ start, end }) => {
    const sentence = from.slice(start, end).replaceAll(/\s+/g, ' ')
    const { start: at, end: upTo } = source.check(sentence)
    return from === source.text ? { sentence, start, end, score: 1 } : { sentence, start: at, end: upTo, score: 1 }
  })
}

/** No heading, table, code, number of a list, or remnant of emphasis; ends like a sentence. */
function isRunningText(sentence: string): boolean {
  return isFinished(sentence) && !/^\s*(?:[#|*>`]|\d{1,2}[.)]\s)/.test(sentence) && !sentence.includes('```')
}

/** As many sentences as fit, in their order, and those that do not; of a single one too long, its beginning. */
export function fitSentences(
  sentences: readonly Support[],
  mostWords: number,
): { readonly kept: readonly Support[]; readonly over: readonly Support[] } {
  const kept: Support[] = []
  const over: Support[] = []
  let words = 0
  for (const support of sentences) {
    const own = countWords(support.sentence)
    if (words + own <= mostWords) {
      kept.push(support)
      words += own
    } else over.push(support)
  }
  if (kept.length > 0 || over.length === 0) return { kept, over }
  const [first] = over
  return { kept: [{ ...first, sentence: firstWords(first.sentence, mostWords) }], over: over.slice(1) }
}

function firstWords(sentence: string, mostWords: number): string {
  const spaced = sentence.split(' ')
  for (let count = Math.min(spaced.length, mostWords); count > 1; count--) {
    const cut = spaced.slice(0, count).join(' ')
    if (countWords(cut) <= mostWords) return `${cut}\u2026`
  }
  return `${sentence.slice(0, mostWords)}\u2026`
}
