/** The list of tokens, what each is for, and the roles (end of turn, infill) that are known by spelling. */
import { OstroError } from '../util/error.ts'
import { TOKEN_TYPE, type InfillTokens } from './tokenizer.ts'

export interface Vocabulary {
  readonly tokens: readonly string[]
  /** One of TOKEN_TYPE for each token. */
  readonly types: Uint8Array
  readonly size: number
  idOf(token: string): number | undefined
}

/** @throws OstroError('invalid-file') for an empty list or types of another length */
export function createVocabulary(
  tokens: readonly string[],
  types: ArrayLike<number> | undefined,
  where: string,
): Vocabulary {
  if (tokens.length === 0) {
    throw new OstroError('invalid-file', `${where}: expected a list of tokens, got an empty one. The file is damaged.`)
  }
  if (types && types.length !== tokens.length) {
    throw new OstroError(
      'invalid-file',
      `${where}: expected ${tokens.length} token types, got ${types.length}. The file is damaged.`,
      { tokens: tokens.length, types: types.length },
    )
  }
  const ids = new Map<string, number>()
  // Backwards, so that of equal tokens the first one wins.
  for (let id = tokens.length - 1; id >= 0; id--) ids.set(tokens[id], id)
  return {
    tokens,
    types: types ? Uint8Array.from(types) : new Uint8Array(tokens.length).fill(TOKEN_TYPE.normal),
    size: tokens.length,
    idOf: (token) => ids.get(token),
  }
}

/** Spellings of tokens that end a text or a turn, over all families. */
const END_SPELLINGS: readonly string[] = [
  '<|endoftext|>',
  '<|end_of_text|>',
  '<|im_end|>',
  '<|eot_id|>',
  '<|eom_id|>',
  '<|end|>',
  '<|return|>',
  '<|call|>',
  '<end_of_turn>',
  '<turn|>',
  '<EOT>',
  '_<EOT>',
  '[EOT]',
  '<｜end▁of▁sentence｜>',
  '<end_of_utterance>',
  '<|eot|>',
]

/** Ids that end a generation: those the file declares, and control tokens spelled like one. */
export function endOfGeneration(vocabulary: Vocabulary, declared: readonly (number | undefined)[]): Set<number> {
  const ids = new Set<number>()
  for (const id of declared) if (id !== undefined) ids.add(id)
  for (const spelling of END_SPELLINGS) {
    const id = vocabulary.idOf(spelling)
    if (id === undefined || vocabulary.types[id] === TOKEN_TYPE.normal) continue
    // The harmony format ends a message with <|end|> and goes on; there only <|return|> and <|call|> end a turn.
    if (spelling === '<|end|>' && vocabulary.idOf('<|return|>') !== undefined) continue
    ids.add(id)
  }
  return ids
}

const INFILL_SPELLINGS: readonly (readonly [prefix: string, suffix: string, middle: string])[] = [
  ['<|fim_prefix|>', '<|fim_suffix|>', '<|fim_middle|>'],
  ['<fim_prefix>', '<fim_suffix>', '<fim_middle>'],
  ['<fim-prefix>', '<fim-suffix>', '<fim-middle>'],
  ['<｜fim▁begin｜>', '<｜fim▁hole｜>', '<｜fim▁end｜>'],
  ['<PRE>', '<SUF>', '<MID>'],
  ['▁<PRE>', '▁<SUF>', '▁<MID>'],
  ['<|code_prefix|>', '<|code_suffix|>', '<|code_middle|>'],
  ['<|prefix|>', '<|suffix|>', '<|middle|>'],
]

/** Infill tokens: those the file declares, else a complete triple of one family's spelling. */
export function infillTokens(vocabulary: Vocabulary, declared: Partial<InfillTokens> = {}): InfillTokens | undefined {
  const { prefix, suffix, middle } = declared
  if (prefix !== undefined && suffix !== undefined && middle !== undefined) return { prefix, suffix, middle }
  for (const spellings of INFILL_SPELLINGS) {
    const [first, second, third] = spellings.map((spelling) => vocabulary.idOf(spelling))
    if (first !== undefined && second !== undefined && third !== undefined) {
      return { prefix: first, suffix: second, middle: third }
    }
  }
  return undefined
}
