/** The sentences of a summary: read out of what a model wrote, put together within a length. */
import { sharedWords, wordsOf } from '../retrieval/shared-words.ts'
import { sentencesOf } from '../retrieval/sentences.ts'
import { countWords } from './central-sentences.ts'

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

/** What a text can be quoted with: its running text where there is any; of a text of scraps, all. */
export function quotesOf(text: string): string[] {
  const all = sentencesOf(text).map(({ start, end }) => text.slice(start, end))
  const running = all.filter(isRunningText)
  return [...new Set((running.length > 0 ? running : all).map(squash))]
}

export const squash = (sentence: string): string => sentence.replaceAll(/\s+/g, ' ')

/** No heading, table, code, number of a list, or remnant of emphasis; ends like a sentence. */
function isRunningText(sentence: string): boolean {
  return isFinished(sentence) && !/^\s*(?:[#|*>`]|\d{1,2}[.)]\s)/.test(sentence) && !/```|\*\*/.test(sentence)
}

/** A sentence, or of one that is longer than that its beginning. */
export function cutSentence(sentence: string, mostWords: number): string {
  return countWords(sentence) <= mostWords ? sentence : firstWords(sentence, mostWords)
}

function firstWords(sentence: string, mostWords: number): string {
  const spaced = sentence.split(' ')
  for (let count = Math.min(spaced.length, mostWords); count > 1; count--) {
    const cut = spaced.slice(0, count).join(' ')
    if (countWords(cut) <= mostWords) return `${cut}\u2026`
  }
  return `${sentence.slice(0, mostWords)}\u2026`
}
