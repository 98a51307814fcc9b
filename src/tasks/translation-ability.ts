/**
 * What a model knows of two languages: of eight sentences and their eight translations it has to say which belong together. Who cannot
 * does not translate either, however fluent it sounds; who can may still be bad at it.
 */
import type { LanguageModel } from '../tools/language-model.ts'
import type { Run } from '../tools/steps/run.ts'
import type { Language } from './language.ts'
import { languagePhrases } from './language-phrases.ts'

/** Right ones below which a model hardly knows both languages; by chance it is one of eight. */
const leastRight = 6
/** Tokens that the test may take of a budget at most: a third. */
const testTokens = 1200

/** Warns where a model does not know two languages, as far as that can be told: it has to score texts, and the sentences have to be at hand. */
export async function warnOfUnknownLanguages<C>(
  run: Run<C>,
  model: LanguageModel,
  from: Language | undefined,
  to: Language,
): Promise<void> {
  const [originals, translations] = [languagePhrases[from?.code ?? 'en'], languagePhrases[to.code]]
  if (!model.can.score || originals === undefined || translations === undefined) return
  if (run.ledger.left('tokens') < 3 * testTokens) return
  const [source, target] = [from?.name ?? 'English', to.name]
  const continuations = translations.map((sentence) => ` ${sentence}`)
  const scoresAfter = async (prompt: string): Promise<number[]> =>
    (await run.score(model, prompt, continuations)).map(({ logprob }) => logprob)
  const free = await scoresAfter(`${target}:`)
  let right = 0
  for (const [at, original] of originals.entries()) {
    const gains = (await scoresAfter(`${source}: ${original}\n${target}:`)).map((score, other) => score - free[other])
    if (gains.every((gain, other) => other === at || gain < gains[at])) right += 1
  }
  if (right >= leastRight) return
  run.warn(
    'language-unknown',
    `${model.id} hardly knows both ${source} and ${target}: of ${originals.length} sentences it found the translation of ${right} among ${translations.length}. Do not rely on what it writes; take a model of these languages, or an encoder-decoder as translator.`,
  )
}
