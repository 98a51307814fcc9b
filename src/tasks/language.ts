/** Languages by their codes and names, and the language of a text by its trigrams (franc, after Cavnar and Trenkle 1994). */
import { francAll } from 'franc-min'
import { OstroError } from '../util/error.ts'

export interface Language {
  /** BCP 47: `de`. */
  readonly code: string
  /** ISO 639-3: `deu`. */
  readonly code3: string
  /** ISO 15924: `Latn`. */
  readonly script: string
  /** In English. */
  readonly name: string
}

/** Those that are told apart by their trigrams and that translators have. */
const codes =
  'afr amh arb aze bel ben bho bos bul cat ceb ces cmn dan deu ell eng est eus fas fin fra glg guj hau heb hin hrv hun hye ibo ilo ind ita jav jpn kan kat kaz khm kin kor kmr lao lav lit mal mar mkd mlg mya nep nld nob nya pan pes pol por ron run rus sin skr slk slv som spa srp sun swe swh tam tel tgl tha tur uig ukr urd uzb vie xho yor zlm zul'.split(
    ' ',
  )

const names = new Intl.DisplayNames(['en'], { type: 'language' })

const languages: readonly Language[] = codes.map((code3) => {
  const [code] = Intl.getCanonicalLocales(code3)
  const { script = 'Latn' } = new Intl.Locale(code).maximize()
  return { code, code3, script, name: names.of(code) ?? code }
})

/** Letters below which trigrams say nothing. */
const leastLetters = 12

/** The language of a text; undefined where it is too short to say. */
export function detectLanguage(text: string): Language | undefined {
  const letters = text.match(/\p{L}/gu)?.length ?? 0
  const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u.test(text)
  if (letters < leastLetters && !unspaced) return undefined
  const [[best]] = francAll(text, { minLength: 1, only: codes })
  return languages.find(({ code3 }) => code3 === best)
}

/**
 * A language by any of its codes (`de`, `deu`, `deu_Latn`, `de-AT`) or its English name.
 * @throws OstroError `language-unsupported` with `languages`, those that are known
 */
export function findLanguage(wanted: string): Language {
  const [part] = wanted.trim().toLowerCase().split(/[-_]/)
  const found = languages.find(({ code, code3, name }) => {
    return code === part || code3 === part || name.toLowerCase() === wanted.trim().toLowerCase()
  })
  return found ?? refuseLanguage(wanted)
}

/** @throws OstroError `language-unsupported` */
export function refuseLanguage(wanted: string, cause?: unknown): never {
  const known = languages.map(({ code }) => code)
  const where = cause === undefined ? 'is no known language' : 'is no language of this model'
  const message = `translate: ${JSON.stringify(wanted)} ${where}. Known are ${known.join(', ')}.`
  throw new OstroError('language-unsupported', message, { language: wanted, languages: known }, { cause })
}
