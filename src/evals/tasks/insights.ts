/**
 * Themes of reviews: `insights`, which groups sentences and lets code count, against a plain prompt that asks for a list of themes with
 * counts. What is said is matched to a planted theme by words that belong to the theme; of several matches of one theme the first counts.
 */
import { insights } from '../../tasks/insights.ts'
import { insightItems, type InsightItem, type Theme } from './insight-set.ts'
import { askPlainly } from './plain-prompt.ts'
import { defineSuite, plainMethod, type SuiteContext } from './text-suite.ts'

interface Told {
  readonly sentence: string
  /** Reviews that say it; undefined where a plain answer gives no number. */
  readonly texts: number | undefined
}

export const insightSuite = defineSuite<InsightItem, readonly Told[], 'precision' | 'recall' | 'f1' | 'counts'>({
  name: 'insights',
  items: insightItems,
  measures: {
    precision: 'share of the themes told that were planted, each counted once',
    recall: 'share of the planted themes that were told',
    f1: 'of precision and recall',
    counts: 'share of the planted themes that were told with the right number of reviews',
  },
  methods: {
    insights: async ({ reviews }, { model, encoder, signal }) =>
      (await insights(model, reviews, { encoder, signal })).insights.map(({ sentence, texts }) => ({
        sentence,
        texts,
      })),
    [plainMethod]: promptForThemes,
  },
  score: ({ planted }, told = []) => {
    const matched = planted.map((theme) => told.find(({ sentence }) => isAbout(sentence, theme)))
    const right = new Set(matched.filter((one) => one !== undefined)).size
    const precision = told.length === 0 ? 0 : right / told.length
    const recall = right / planted.length
    const counts = planted.filter(({ texts }, at) => matched[at]?.texts === texts).length / planted.length
    return { precision, recall, f1: right === 0 ? 0 : (2 * precision * recall) / (precision + recall), counts }
  },
  expected: ({ planted }) => planted.map(({ name, texts }) => ({ name, texts })),
})

export function isAbout(sentence: string, { stems }: Theme): boolean {
  const words = sentence.toLowerCase().match(/[\p{L}\p{N}-]+/gu) ?? []
  return words.some((word) => stems.some((stem) => word.startsWith(stem)))
}

async function promptForThemes({ reviews }: InsightItem, { model, signal }: SuiteContext): Promise<Told[]> {
  const listed = reviews.map((review, index) => `Review ${index + 1}: ${review}`).join('\n')
  const request =
    'List the themes that at least two of these reviews mention, one per line, each with the number of reviews that mention it, like this: theme: number'
  const prompt = {
    chat: `${listed}\n\n${request}`,
    base: `${listed}\n\n${request}\n`,
    stop: ['\n\n', '\nReview'],
    maxTokens: 160,
  }
  return readThemes(await askPlainly(model, prompt, signal))
}

/** One theme a line, with or without a bullet; its number is the last one behind the words. */
export function readThemes(answer: string): Told[] {
  return answer.split('\n').flatMap((line) => {
    const text = line.replace(/^\s*(?:[-*+•]|\d{1,2}[.)])\s*/, '').trim()
    const sentence = text.replace(/[:(\s-]*\d+(?:\s*(?:reviews?|times|of \d+))?\s*[).]*\s*$/i, '').trim()
    // An introduction ends with a colon and says no theme.
    if (!/\p{L}/u.test(sentence) || text.endsWith(':')) return []
    const number = text.match(/\d+/g)?.at(-1)
    return [{ sentence, texts: number === undefined ? undefined : Number(number) }]
  })
}
