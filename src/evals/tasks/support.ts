/** How well sentences that a text supports are told from those that it does not: by words alone, and with a sentence encoder. */
import { sentencesOf } from '../../retrieval/sentences.ts'
import { readSource } from '../../tasks/source-support.ts'
import type { SentenceEncoder } from '../../tools/steps/step.ts'
import { wilsonInterval } from '../statistics.ts'
import { supportTexts } from './support-set.ts'
import type { Half } from './text-suite.ts'

export interface SupportReport {
  readonly method: 'words' | 'encoder'
  /** Supported sentences that are taken for such. */
  readonly kept: SupportShare
  /** Sentences without support that are refused. */
  readonly refused: SupportShare
}

export interface SupportShare {
  readonly right: number
  readonly items: number
  /** Wilson, 95 %. */
  readonly interval: readonly [low: number, high: number]
}

/** @throws what the encoder throws */
export async function evaluateSupport(
  encoder: SentenceEncoder | undefined,
  half: Half | undefined,
  signal?: AbortSignal,
): Promise<SupportReport[]> {
  const methods = encoder === undefined ? (['words'] as const) : (['words', 'encoder'] as const)
  const texts = supportTexts.filter((text) => half === undefined || text.half === half)
  return Promise.all(
    methods.map(async (method) => {
      const verdicts = { supported: [] as boolean[], unsupported: [] as boolean[] }
      for (const { text, supported, unsupported } of texts) {
        const stands = await checkerOf(text, method === 'encoder' ? encoder : undefined, signal)
        for (const sentence of supported) verdicts.supported.push(await stands(sentence))
        for (const sentence of unsupported) verdicts.unsupported.push(!(await stands(sentence)))
      }
      return { method, kept: shareOf(verdicts.supported), refused: shareOf(verdicts.unsupported) }
    }),
  )
}

async function checkerOf(text: string, encoder: SentenceEncoder | undefined, signal: AbortSignal | undefined) {
  const sentences = sentencesOf(text).map(({ start, end }) => text.slice(start, end))
  const source = readSource(text, await encoder?.embed(sentences, { signal }))
  return async (sentence: string): Promise<boolean> => {
    const [vector] = (await encoder?.embed([sentence], { signal })) ?? []
    return source.check(sentence, vector).fault === ''
  }
}

function shareOf(verdicts: readonly boolean[]): SupportShare {
  const right = verdicts.filter(Boolean).length
  return { right, items: verdicts.length, interval: wilsonInterval(right, verdicts.length) }
}
