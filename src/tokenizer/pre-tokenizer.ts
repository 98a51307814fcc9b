/** Cuts text into the words that BPE merges within: stages of regular expressions, named as GGUF files name them. */
import { OstroError } from '../util/error.ts'

/** Calls `onWord` for each word, in order; the words joined are the text. */
export type PreTokenizer = (text: string, onWord: (word: string) => void) => void

/** Python's and Oniguruma's `\s` is Unicode White_Space; JavaScript's has U+FEFF too and lacks U+0085. */
const S = '\\p{White_Space}'
const NOT_S = '\\P{White_Space}'
const SPACES = `${S}+(?!${NOT_S})|${S}+`
/** Contractions with case folded as Unicode does: the long s is an s. */
const CONTRACTION = "'(?:[sSſ]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])"

const gpt2 = `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${S}\\p{L}\\p{N}]+|${SPACES}`
const DIGIT = '\\p{N}'

/** The tiktoken cl100k shape: `digits` is what a run of digits is cut into. */
function cl100k(digits: string, letters = '\\p{L}', punctuation = `[^${S}\\p{L}\\p{N}]+`): string {
  const newlines = `${S}*[\\r\\n]+`
  return `${CONTRACTION}|[^\\r\\n\\p{L}\\p{N}]?${letters}+|${digits}| ?${punctuation}[\\r\\n]*|${newlines}|${SPACES}`
}

/** The tiktoken o200k shape: words are cut where case changes from lower to upper. */
function o200k(digits: string, contraction: string): string {
  const upper = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]'
  const lower = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]'
  const lead = '[^\\r\\n\\p{L}\\p{N}]?'
  return (
    `${lead}${upper}*${lower}+${contraction}|${lead}${upper}+${lower}*${contraction}|${digits}|` +
    ` ?[^${S}\\p{L}\\p{N}]+[\\r\\n/]*|${S}*[\\r\\n]+|${SPACES}`
  )
}

const deepseekMain =
  `[!"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_\`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+|` +
  ` ?[\\p{P}\\p{S}]+[\\r\\n]*|${S}*[\\r\\n]+|${SPACES}`
const bloom = ` ?[^(${S}|.,!?…。，、।۔،)]+`

/** Stages by family; each cuts the pieces that the stage before left. */
const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  gpt2: [gpt2],
  digits: [DIGIT, gpt2],
  llama3: [cl100k('\\p{N}{1,3}')],
  qwen2: [cl100k('\\p{N}')],
  qwen35: [cl100k('\\p{N}', '[\\p{L}\\p{M}]', `[^${S}\\p{L}\\p{M}\\p{N}]+`)],
  gpt4o: [o200k('\\p{N}{1,3}', `(?:${CONTRACTION})?`)],
  tekken: [o200k('\\p{N}', '')],
  falcon: ['[\\p{P}$+<=>^~|`]+', gpt2, '[0-9][0-9][0-9]'],
  default: ['[\\p{P}$+<=>^~|]+', gpt2, '\\p{N}+', '[0-9][0-9][0-9]'],
  deepseekCoder: [
    '[\\r\\n]',
    `${S}?\\p{L}+`,
    `${S}?\\p{P}+`,
    '[\\u4E00-\\u9FA5\\u0800-\\u4E00\\uAC00-\\uD7FF]+',
    DIGIT,
  ],
  deepseek3: ['\\p{N}{1,3}', '[\\u4E00-\\u9FA5\\u3040-\\u309F\\u30A0-\\u30FF]+', deepseekMain],
  bloom: [bloom],
  viking: [bloom, DIGIT],
  seedCoder: [
    `${CONTRACTION}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^${S}\\p{L}\\p{N}\\r\\n]+|${S}*[\\r\\n]+|${SPACES}`,
  ],
  bailing: [
    `${CONTRACTION}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^${S}\\p{L}\\p{N}]+[\\r\\n]*|${S}*[\\r\\n]|${SPACES}`,
  ],
}

export interface NamedPreTokenizer {
  readonly preTokenize: PreTokenizer
  readonly ignoreMerges: boolean
  /** Whether the family puts BOS before a text when the file does not say. */
  readonly addsBos: boolean
}

/** Values of `tokenizer.ggml.pre` by family. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  gpt2: [
    'gpt2',
    'gpt-2',
    'phi-2',
    'mpt',
    'olmo',
    'jais',
    'trillion',
    'granite-docling',
    'exaone4',
    'gigachat',
    'mellum',
    'modern-bert',
    'a.x-4.0',
    'jina-es',
    'jina-de',
    'jina-v2-es',
    'jina-v2-de',
    'jina-v1-en',
    'jina-v2-code',
    'roberta-bpe',
  ],
  digits: ['smollm', 'starcoder', 'refact', 'command-r', 'codeshell', 'exaone', 'minerva-7b', 'mellum2'],
  llama3: [
    'llama3',
    'llama-v3',
    'llama-bpe',
    'falcon3',
    'falcon-h1',
    'pixtral',
    'midm-2.0',
    'lfm2',
    'jina-v5-nano',
    'dbrx',
    'smaug-bpe',
    'glm4',
    'chatglm-bpe',
  ],
  qwen2: ['qwen2', 'deepseek-r1-qwen', 'kormo', 'f2llmv2', 'megrez', 'stablelm2', 'hunyuan', 'solar-open', 'grok-2'],
  qwen35: ['qwen35'],
  gpt4o: ['gpt-4o', 'llama4', 'kanana2', 'minimax-m2'],
  tekken: ['tekken'],
  falcon: ['falcon'],
  default: ['default'],
  deepseekCoder: ['deepseek-coder'],
  deepseek3: ['deepseek-v3', 'hunyuan-dense', 'joyai-llm'],
  bloom: ['bloom', 'poro-chat', 'gpt3-finnish'],
  viking: ['viking'],
  seedCoder: ['seed-coder'],
  bailing: ['bailingmoe', 'bailingmoe2', 'llada-moe'],
}

/** Names of the llama3 family whose files were written without the whole-word rule. */
const LLAMA3_WITHOUT_WHOLE_WORDS: ReadonlySet<string> = new Set(['dbrx', 'smaug-bpe', 'glm4', 'chatglm-bpe'])

/** @throws OstroError('unsupported') for a name that is not known: another family's words would be silently wrong */
export function namedPreTokenizer(name: string): NamedPreTokenizer {
  const family = Object.keys(NAMES).find((key) => NAMES[key].includes(name))
  if (family === undefined) {
    throw new OstroError(
      'unsupported',
      `tokenizer: the file names the pre-tokenizer ${JSON.stringify(name)}, which Ostro does not know. ` +
        'Guessing one would split words wrongly; use a file of a known family.',
      { preTokenizer: name },
    )
  }
  const wholeWords = family === 'tekken' || (family === 'llama3' && !LLAMA3_WITHOUT_WHOLE_WORDS.has(name))
  return {
    preTokenize: stagedPreTokenizer(FAMILIES[family].map((source) => new RegExp(source, 'gu'))),
    ignoreMerges: wholeWords,
    addsBos: wholeWords,
  }
}

/** Each stage cuts the pieces of the one before into its matches and what lies between them. */
export function stagedPreTokenizer(stages: readonly RegExp[]): PreTokenizer {
  const run = (stage: number, text: string, onWord: (word: string) => void): void => {
    if (stage === stages.length) {
      onWord(text)
      return
    }
    forEachMatch(stages[stage], text, (piece) => run(stage + 1, piece, onWord))
  }
  return (text, onWord) => run(0, text, onWord)
}

/** Calls `onPiece` for each match and each gap between matches. The expression is global. */
function forEachMatch(pattern: RegExp, text: string, onPiece: (piece: string, isMatch: boolean) => void): void {
  let from = 0
  pattern.lastIndex = 0
  for (let match = next(pattern, text); match !== null; match = next(pattern, text)) {
    if (match[0] === '') {
      pattern.lastIndex++
      continue
    }
    const end = pattern.lastIndex
    if (match.index > from) onPiece(text.slice(from, match.index), false)
    onPiece(match[0], true)
    from = end
    pattern.lastIndex = end
  }
  if (from < text.length) onPiece(text.slice(from), false)
}

/** The next match. One word of many millions of characters outgrows the engine's stack for a pattern. */
function next(pattern: RegExp, text: string): RegExpExecArray | null {
  try {
    return pattern.exec(text)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new OstroError(
      'invalid-argument',
      `tokenizer: a single word of this text of ${text.length} characters is too long. Cut the text at a space.`,
      { length: text.length },
      { cause: error },
    )
  }
}
