/**
 * Translations of short sentences between English and German, French and Spanish: `translate` by the prompted model against a plain prompt,
 * by chrF against one reference. The text itself, handed in untranslated, shows what spelling that languages share is worth.
 */
import { translate } from '../../tasks/translate.ts'
import { chrF } from './chrf.ts'
import { askPlainly } from './plain-prompt.ts'
import { defineSuite, plainMethod, type SuiteContext } from './text-suite.ts'
import { translationItems, type TranslationItem } from './translation-set.ts'

/** chrF from which a translation has most of its reference. */
const goodScore = 0.5

export const translationSuite = defineSuite<TranslationItem, string, 'chrF' | 'good' | 'fromEnglish' | 'toEnglish'>({
  name: 'translate',
  items: translationItems,
  measures: {
    chrF: 'mean chrF2 of the sentences, 0 to 1',
    good: 'sentences with a chrF2 of at least .5',
    fromEnglish: 'chrF2 of those from English',
    toEnglish: 'chrF2 of those into English',
  },
  methods: {
    translate: async ({ text, from, to }, { model, signal }) =>
      (await translate(model, text, { from, to, signal })).text,
    [plainMethod]: promptForTranslation,
    'untranslated text': async ({ text }) => text,
  },
  score: ({ reference, to }, translation = '') => {
    const score = chrF(translation, reference)
    return {
      chrF: score,
      good: score >= goodScore ? 1 : 0,
      fromEnglish: to === 'en' ? undefined : score,
      toEnglish: to === 'en' ? score : undefined,
    }
  },
  expected: ({ text, reference }) => ({ text, reference }),
})

const names: Readonly<Record<string, string>> = { en: 'English', de: 'German', fr: 'French', es: 'Spanish' }

async function promptForTranslation(
  { text, from, to }: TranslationItem,
  { model, signal }: SuiteContext,
): Promise<string> {
  const prompt = {
    chat: `Translate from ${names[from]} to ${names[to]}: ${text}`,
    base: `${names[from]}: ${text}\n${names[to]}:`,
    stop: ['\n'],
    maxTokens: 96,
  }
  return askPlainly(model, prompt, signal)
}
