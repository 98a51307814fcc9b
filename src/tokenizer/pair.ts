/** Two texts as one sequence of tokens with their segments, for models that judge pairs. */
import { OstroError } from '../util/error.ts'
import type { Tokenizer } from './tokenizer.ts'

export interface EncodePairOptions {
  /** Tokens are taken from the end of the longer text until the pair has at most as many; default: none are. */
  readonly mostTokens?: number | undefined
}

export interface EncodedPair {
  readonly tokens: readonly number[]
  /** Token type of each token. */
  readonly segments: readonly number[]
}

/**
 * Text that looks like a control token stays text: a document cannot end itself and begin another.
 *
 * @throws OstroError `unsupported` where the tokenizer knows no pairs, `invalid-argument` where `mostTokens` leaves no room for text
 */
export function encodePair(
  tokenizer: Tokenizer,
  first: string,
  second: string,
  { mostTokens = Infinity }: EncodePairOptions = {},
): EncodedPair {
  const template = tokenizer.pairTemplate
  if (template === undefined) {
    throw new OstroError('unsupported', 'tokenizer: this model knows no pairs of texts. Take one that ranks pairs.')
  }
  const texts = {
    first: tokenizer.encode(first, { addSpecial: false }),
    second: tokenizer.encode(second, { addSpecial: false }),
  }
  const framing = template.reduce((sum, piece) => sum + ('tokens' in piece ? piece.tokens.length : 0), 0)
  if (mostTokens < framing) {
    const message = `tokenizer: a pair needs ${framing} tokens besides its texts, got room for ${mostTokens}.`
    throw new OstroError('invalid-argument', message, { mostTokens, framing })
  }
  shortenLonger(texts.first, texts.second, mostTokens - framing)
  const tokens: number[] = []
  const segments: number[] = []
  for (const piece of template) {
    const ids = 'tokens' in piece ? piece.tokens : texts[piece.text]
    for (const id of ids) {
      tokens.push(id)
      segments.push(piece.segment)
    }
  }
  return { tokens, segments }
}

/** The shorter text keeps up to half of `room`, the longer one the rest; of equals the first counts as the shorter. */
function shortenLonger(first: number[], second: number[], room: number): void {
  if (first.length + second.length <= room) return
  const [shorter, longer] = first.length <= second.length ? [first, second] : [second, first]
  shorter.length = Math.min(shorter.length, Math.floor(room / 2))
  longer.length = room - shorter.length
}
