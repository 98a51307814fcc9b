/**
 * How a text is framed so that a model translates it between two languages. Families differ in where they are named: by a token before
 * the source and one that the target begins with (NLLB, M2M-100), by one before the source (MADLAD-400, Marian), or in words (T5).
 */
import type { Tokenizer } from '../tokenizer/index.ts'
import { OstroError } from '../util/error.ts'
import type { TranslationRequest } from './translation.ts'
import type { TranslationSettings } from './translation-settings.ts'

export interface FramedSource {
  readonly tokens: readonly number[]
  /** The first token of the target; undefined: the model's choice. */
  readonly forcedFirst: number | undefined
}

/** Spellings of a token that the target begins with, and that stands before a source of that language. */
const targetSpellings = [(code: string) => code, (code: string) => `__${code}__`]
/** Spellings of a token before the source that names the language of the target. */
const sourceSpellings = [(code: string) => `<2${code}>`, (code: string) => `>>${code}<<`]

/** @throws OstroError `invalid-argument` for languages that the model does not have, or needs and did not get */
export function frameSource(
  text: string,
  { from, to }: Pick<TranslationRequest, 'from' | 'to'>,
  tokenizer: Tokenizer,
  settings: TranslationSettings,
): FramedSource {
  const { forcedFirst } = settings
  const plain = (source: string): number[] => tokenizer.encode(source, { addSpecial: false })
  const ending = tokenizer.eos === undefined ? [] : [tokenizer.eos]
  if (to === undefined) {
    refuseForeign('from', from, settings.pair.from)
    return { tokens: [...plain(text), ...ending], forcedFirst }
  }
  const target = findToken(tokenizer, to, targetSpellings)
  if (target !== undefined) {
    if (from === undefined) {
      const message = `translate: this model must be told the language of the text as well. Pass from, such as '${to}' for to.`
      throw new OstroError('invalid-argument', message, { option: 'from' })
    }
    const source = findToken(tokenizer, from, targetSpellings) ?? unknownLanguage('from', from)
    return { tokens: [source, ...plain(text), ...ending], forcedFirst: target }
  }
  const named = findToken(tokenizer, to, sourceSpellings)
  if (named !== undefined) return { tokens: [named, ...plain(text), ...ending], forcedFirst }
  if (settings.isInstructed && findToken(tokenizer, 'en', sourceSpellings) === undefined) {
    const prompt = promptFor(from, to, settings)
    return { tokens: [...plain(prompt + text), ...ending], forcedFirst }
  }
  refuseForeign('to', to, settings.pair.to)
  refuseForeign('from', from, settings.pair.from)
  return { tokens: [...plain(text), ...ending], forcedFirst }
}

function findToken(
  tokenizer: Tokenizer,
  code: string,
  spellings: readonly ((code: string) => string)[],
): number | undefined {
  for (const spell of spellings) {
    const id = tokenizer.idOf(spell(code))
    // A short code such as `de` may also be a piece of words.
    if (id !== undefined && (tokenizer.isSpecial(id) || spell(code) !== code)) return id
  }
  return undefined
}

/** As the model's files say it, else in the words that T5 was trained with. */
function promptFor(from: string | undefined, to: string, { promptOf }: TranslationSettings): string {
  if (from === undefined) {
    throw new OstroError('invalid-argument', 'translate: this model must be told both languages. Pass from as well.', {
      option: 'from',
    })
  }
  return promptOf(from, to) ?? `translate ${englishName('from', from)} to ${englishName('to', to)}: `
}

function englishName(option: 'from' | 'to', code: string): string {
  try {
    const name = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' }).of(code)
    if (name !== undefined) return name
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  return unknownLanguage(option, code)
}

/** A model of two languages may be asked for just these. */
function refuseForeign(option: 'from' | 'to', asked: string | undefined, own: string | undefined): void {
  if (asked === undefined || asked === own) return
  if (own === undefined) {
    const message = `translate: this model has no token for '${asked}' and does not say its languages. Leave ${option} out if they are fixed.`
    throw new OstroError('invalid-argument', message, { option, language: asked })
  }
  unknownLanguage(option, asked, own)
}

function unknownLanguage(option: 'from' | 'to', asked: string, own?: string): never {
  const hint = own === undefined ? "Use the codes of the model's own documentation." : `It has '${own}'.`
  throw new OstroError('invalid-argument', `translate: ${option} '${asked}' is no language of this model. ${hint}`, {
    option,
    language: asked,
  })
}
