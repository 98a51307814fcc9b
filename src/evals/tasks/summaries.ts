/**
 * Summaries of news: `summarise`, which leads every sentence back to the text and keeps the length, against a plain prompt for a summary of
 * as many words; the beginning of the text shows what no model is needed for. Facts count where their words (a date, a name, an amount)
 * stand within the words that were allowed. Unsupported is a number with digits, or a word with a capital inside a sentence, that the text
 * does not have: a rule of its own, coarser than the check inside `summarise`, but of the same kind, which favours it.
 */
import { numbersOf } from '../../retrieval/shared-words.ts'
import { summarise } from '../../tasks/summarise.ts'
import { askPlainly } from './plain-prompt.ts'
import { articleItems } from './article-set.ts'
import { summaryItems, type SummaryItem } from './summary-set.ts'
import { defineSuite, plainMethod, type SuiteContext, type TextSuite } from './text-suite.ts'

export const summarySuite = suiteOf('summarise', summaryItems, 80)
export const articleSuite = suiteOf('articles', articleItems, 60)

function suiteOf(name: string, items: readonly SummaryItem[], mostWords: number): TextSuite {
  const firstWords = (text: string): string => text.split(/\s+/).slice(0, mostWords).join(' ')
  return defineSuite<SummaryItem, string, 'facts' | 'supported' | 'length'>({
    name,
    items,
    measures: {
      facts: `share of the facts kept within the first ${mostWords} words`,
      supported: 'summaries without a number or name that the text does not have',
      length: `summaries of at most ${mostWords} words, and not empty`,
    },
    methods: {
      summarise: async ({ text }, { model, encoder, signal }) =>
        (await summarise(model, text, { maxWords: mostWords, encoder, signal })).summary,
      [plainMethod]: (item, context) => promptForSummary(item, mostWords, context),
      'beginning of the text': async ({ text }) => firstWords(text),
    },
    score: ({ text, facts }, summary = '') => {
      const read = plain(firstWords(summary))
      const kept = facts.filter((proofs) => proofs.some((proof) => read.includes(plain(proof))))
      const words = wordsIn(summary).length
      return {
        facts: kept.length / facts.length,
        supported: summary !== '' && unsupportedIn(summary, text).length === 0 ? 1 : 0,
        length: words > 0 && words <= mostWords ? 1 : 0,
      }
    },
    expected: ({ facts }) => facts.map((proofs) => proofs.join(' / ')),
  })
}

async function promptForSummary(
  { text }: SummaryItem,
  mostWords: number,
  { model, signal }: SuiteContext,
): Promise<string> {
  const prompt = {
    chat: `${text}\n\nSummarise this text in at most ${mostWords} words.`,
    base: `${text}\n\nSummary in at most ${mostWords} words:`,
    stop: ['\n\n'],
    maxTokens: 3 * mostWords,
  }
  return askPlainly(model, prompt, signal)
}

/** Numbers and names of a summary that its text does not have. */
export function unsupportedIn(summary: string, text: string): string[] {
  const [known, numbers] = [new Set(wordsIn(text.toLowerCase())), numbersOf(text)]
  const names = [...summary.matchAll(/(?<=[\p{L}\p{N},;]["'”’)]?\s+)\p{Lu}[\p{L}\p{M}]+/gu)].map(([name]) => name)
  return [
    ...[...numbersOf(summary)].filter((number) => !numbers.has(number)),
    ...names.filter((name) => !known.has(name.toLowerCase())),
  ]
}

const wordsIn = (text: string): string[] => text.match(/[\p{L}\p{M}\p{N}]+(?:['’.,-][\p{L}\p{M}\p{N}]+)*/gu) ?? []

/** With a space at both ends, so that whole words are compared. */
const plain = (text: string): string =>
  ` ${text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}%]+/gu, ' ')
    .trim()} `
