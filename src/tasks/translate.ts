/**
 * Translations sentence by sentence, by an encoder-decoder where one is at hand, else by asking a model. Paragraphs, code, addresses,
 * placeholders and numbers stay as they are; a translation that runs in circles is made once more, then it is an error.
 */
import type { LanguageModel } from '../tools/language-model.ts'
import { type PreparedPrompt, prepareInstruction } from '../tools/steps/instruction.ts'
import { type Run, type RunOptions, startRun } from '../tools/steps/run.ts'
import type { RunEvent } from '../tools/steps/run-event.ts'
import type { Translator } from '../tools/steps/step.ts'
import { OstroError } from '../util/error.ts'
import { detectLanguage, findLanguage, type Language, refuseLanguage } from './language.ts'
import { languagePhrases } from './language-phrases.ts'
import { translateAround } from './masked-translation.ts'
import { sentencesAround } from './protected-spans.ts'
import { checkNotEmpty, finishTask, type TaskEnd } from './task-run.ts'
import { warnOfUnknownLanguages } from './translation-ability.ts'

export interface TranslateTaskOptions extends RunOptions {
  /** Language of the text: a code or an English name. Default: found by its trigrams. */
  readonly from?: string | undefined
  /** Language of the translation. */
  readonly to: string
  /** An encoder-decoder in place of the model: Marian, M2M-100, NLLB, T5, MADLAD-400. */
  readonly translator?: Translator | undefined
}

export interface TranslatedText {
  readonly text: string
  /** BCP 47; undefined where the text is too short to tell and nobody said. */
  readonly from: string | undefined
  readonly to: string
}

/**
 * Translates a text.
 *
 * @throws OstroError `input-empty`; `language-unsupported` with the known languages; `no-candidate` for a sentence that the model repeats
 * itself in, twice; `aborted`
 * @example
 * const { text } = await translate(model, 'Guten Morgen!', { to: 'en' })
 */
export async function translate(
  model: LanguageModel,
  text: string,
  options: TranslateTaskOptions,
): Promise<TranslatedText & TaskEnd> {
  return finishTask('translate', translateEvents(model, text, options))
}

/** `translate` as it works. @throws as `translate` */
export function translateEvents(
  model: LanguageModel,
  text: string,
  options: TranslateTaskOptions,
): AsyncGenerator<RunEvent<TranslatedText>, void, void> {
  checkNotEmpty('translate', text)
  const to = findLanguage(options.to)
  const from = options.from === undefined ? detectLanguage(text) : findLanguage(options.from)
  return startRun('translate', options, async (run) => {
    const keep = (translated: string): void => {
      run.keep({ text: translated, from: from?.code, to: to.code }, undefined, false)
    }
    if (from?.code === to.code) {
      run.warn('same-language', `The text is in ${to.name} already.`)
      keep(text)
      return 'answered'
    }
    const attempt =
      options.translator === undefined
        ? promptedAttempt(run, model, from, to)
        : translatorAttempt(run, options.translator, { from, to, asked: options.to })
    if (options.translator === undefined) await warnOfUnknownLanguages(run, model, from, to)
    const spans = sentencesAround(text)
    let translated = text.slice(0, spans[0]?.start ?? 0)
    let unchanged = 0
    for (const [done, { start, end }] of spans.entries()) {
      run.emit({ type: 'progress', stage: 'translate', done, total: spans.length })
      const sentence = text.slice(start, end).replaceAll(/\s*\n\s*/g, ' ')
      const own = /\p{L}/u.test(sentence)
        ? await translateAround(sentence, (part) => withoutLoops(part, attempt))
        : sentence
      if (own === sentence && wordCount(sentence) >= leastWords) unchanged += 1
      translated += own
      translated += gapOf(text.slice(end, spans[done + 1]?.start ?? text.length), to, done + 1 < spans.length)
      keep(translated)
    }
    if (unchanged > 0) run.warn('untranslated', `${unchanged} of ${spans.length} sentences came back as they were.`)
    return 'answered'
  })
}

/** Words from which a sentence that comes back as it was is more than a name. */
const leastWords = 3
const wordCount = (sentence: string): number => sentence.match(/\p{L}{2,}/gu)?.length ?? 0

/** @param again whether it is the second attempt at the same text */
type Attempt = (text: string, again: boolean) => Promise<string>

async function withoutLoops(text: string, attempt: Attempt): Promise<string> {
  for (const again of [false, true]) {
    const translated = (await attempt(text, again)).trim()
    if (translated !== '' && !isLooping(translated, text)) return translated
  }
  const message = `translate: the model repeats itself or says nothing on ${JSON.stringify(text.slice(0, 80))}. Use another model, or give shorter sentences.`
  throw new OstroError('no-candidate', message, { text })
}

/** The same words four times in a row, or far more text than there was. */
export function isLooping(translated: string, source: string): boolean {
  const repeats = (text: string): boolean => /(\p{L}[^]{2,60}?)(?:\s*\1){3,}/u.test(text)
  return (repeats(translated) && !repeats(source)) || translated.length > 80 + 5 * source.length
}

/** An encoder-decoder names languages in its own way: the first spelling that it takes is kept. */
function translatorAttempt(
  run: Run<TranslatedText>,
  translator: Translator,
  { from, to, asked }: { readonly from: Language | undefined; readonly to: Language; readonly asked: string },
): Attempt {
  const spellings = [
    ({ code }: Language) => code,
    ({ code3, script }: Language) => `${code3}_${script}`,
    ({ code3 }: Language) => code3,
  ]
  let known: ((language: Language) => string) | undefined
  const use = (text: string, spell: (language: Language) => string) =>
    translator.translate(text, { from: from && spell(from), to: spell(to), signal: run.signal })
  const first = async (text: string): Promise<string> => {
    let refusal: unknown
    for (const spell of spellings) {
      try {
        const { text: translated } = await use(text, spell)
        known = spell
        return translated
      } catch (error) {
        if (!(error instanceof OstroError) || error.code !== 'invalid-argument') throw error
        refusal ??= error
      }
    }
    return refuseLanguage(asked, refusal)
  }
  const whole = async (text: string): Promise<string> =>
    known === undefined ? first(text) : (await use(text, known)).text
  // What it circles in as a sentence, it may say clause by clause.
  return async (text, again) => {
    if (!again) return whole(text)
    const translated: string[] = []
    for (const clause of text.split(/(?<=[,;:])\s+/)) translated.push(await whole(clause))
    return translated.join(' ')
  }
}

/** Temperature of a second attempt. */
const otherTemperature = 0.7

function promptedAttempt(
  run: Run<TranslatedText>,
  model: LanguageModel,
  from: Language | undefined,
  to: Language,
): Attempt {
  let calls = 0
  return async (text, again) => {
    const { prompt, stop } = promptFor(model, text, from, to)
    const maxTokens = 3 * (await model.countTokens(text)) + 32
    const temperature = again ? otherTemperature : 0
    const answer = await run.ask(model, prompt, { purpose: 'translate', path: [calls++], temperature, maxTokens, stop })
    return answer.text
      .trim()
      .split('\n')[0]
      .replace(/^"([^"]*)"$/, '$1')
  }
}

/** Sentences that base models are shown as done before. */
const shown = 3

function promptFor(model: LanguageModel, text: string, from: Language | undefined, to: Language): PreparedPrompt {
  if (model.can.chat) {
    const task = `Translate this sentence into ${to.name}. Write only the translation.\n\n${text}`
    return prepareInstruction(model, { task })
  }
  const source = from?.name ?? 'Text'
  const [inputs, outputs] = [from?.code ?? 'en', to.code].map((code) => (languagePhrases[code] ?? []).slice(0, shown))
  const examples = inputs.flatMap((input, index) => (outputs[index] ? [{ input, output: outputs[index] }] : []))
  const task = `Translations from ${source} to ${to.name}.`
  const asked = prepareInstruction(model, { task, input: text, examples, inputName: source, outputName: to.name })
  return { ...asked, stop: ['\n'] }
}

/** The space between two sentences; languages that write none get one where the next needs it. */
function gapOf(gap: string, { script }: Language, hasNext: boolean): string {
  return gap === '' && hasNext && !['Jpan', 'Hans', 'Hant', 'Thai'].includes(script) ? ' ' : gap
}
