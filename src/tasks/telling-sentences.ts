/**
 * Which sentences tell most of a text in few words: those whose meaning is nearest to that of the whole, per word. Without an encoder,
 * those whose words are frequent in it.
 */
import { sentencesOf } from '../retrieval/sentences.ts'
import type { SentenceEncoder } from '../tools/steps/step.ts'
import { countWords, densest, type Likeness, likenessByWords } from './central-sentences.ts'
import { dot } from './source-support.ts'

interface TellingOptions {
  readonly encoder: SentenceEncoder | undefined
  /** What the text is read for; undefined: all of it. */
  readonly focus: string | undefined
  readonly signal: AbortSignal
}

/** Of sentences, which may be a text's own or others about it, those that tell most of it within so many words, best first. */
export type ChooseTelling = (text: string, sentences: readonly string[], mostWords: number) => Promise<string[]>

export function createChooser({ encoder, focus, signal }: TellingOptions): ChooseTelling {
  return async (text, sentences, mostWords) => {
    const likeness =
      encoder === undefined
        ? likenessByWords(partsOfText(text), focus)
        : await likenessByMeaning(text, sentences, focus, (texts) => encoder.embed(texts, { truncate: true, signal }))
    return densest(
      sentences.map((sentence) => ({ sentence })),
      likeness,
      mostWords,
    ).map(({ sentence }) => sentence)
  }
}

type Embed = (texts: readonly string[]) => Promise<readonly Float32Array[]>

/** Cosine from which two sentences say the same; sentences of one text hardly reach it. */
const repeatedCosine = 0.7
/** Words of a window: what sentence encoders read, which is 256 tokens. */
const windowWords = 150

async function likenessByMeaning(
  text: string,
  sentences: readonly string[],
  focus: string | undefined,
  embed: Embed,
): Promise<Likeness> {
  const windows = windowsOf(text)
  const read = await embed([...windows, ...(focus === undefined ? [] : [focus]), ...sentences])
  const [around, wanted] = [read.slice(0, windows.length), focus === undefined ? undefined : read[windows.length]]
  // What is asked for weighs as much as the text.
  const whole = sumOf(wanted === undefined ? around : [...around, wanted.map((value) => value * windows.length)])
  const vectors = new Map(sentences.map((sentence, at) => [sentence, read[read.length - sentences.length + at]]))
  const cosine = (sentence: string, other: Float32Array | undefined): number => {
    const vector = vectors.get(sentence)
    return vector === undefined || other === undefined ? 0 : dot(vector, other)
  }
  return {
    of: (sentence) => cosine(sentence, whole),
    choose: () => {},
    repeats: (sentence, chosen) => cosine(sentence, vectors.get(chosen)) >= repeatedCosine,
  }
}

/** The text in stretches of whole sentences of about the same length. */
function windowsOf(text: string): string[] {
  const parts = partsOfText(text)
  const words = parts.reduce((sum, part) => sum + countWords(part), 0)
  const most = words / Math.max(1, Math.ceil(words / windowWords))
  const windows: string[] = []
  let open: string[] = []
  for (const part of parts) {
    open.push(part)
    if (countWords(open.join(' ')) < most) continue
    windows.push(open.join(' '))
    open = []
  }
  if (open.length > 0) windows.push(open.join(' '))
  return windows
}

const partsOfText = (text: string): string[] => sentencesOf(text).map(({ start, end }) => text.slice(start, end))

function sumOf(vectors: readonly Float32Array[]): Float32Array {
  return vectors.reduce(
    (sum, vector) => sum.map((value, at) => value + vector[at]),
    new Float32Array(vectors[0]?.length),
  )
}
