/** Builds BERT's tokenizer from vocab.txt, one token a line, for models without a tokenizer.json. */
import { OstroError } from '../util/error.ts'
import { addedTokensByType, assembleTokenizer } from './assemble.ts'
import { asObject, field, flagField, type JsonObject, textField } from './json-value.ts'
import { bertPair } from './post-processor.ts'
import { TOKEN_TYPE, type Tokenizer } from './tokenizer.ts'
import { createVocabulary } from './vocabulary.ts'
import { createWordPieceSegmenter, wordPieceTokenBytes } from './wordpiece.ts'
import { type BertNormalizing, cutBertWords, normalizeForBert } from './wordpiece-text.ts'

const prefix = '##'
const mostCharacters = 100

/**
 * The tokenizer of a vocab.txt; `tokenizerConfig` (tokenizer_config.json) says how text is read and how control tokens are spelled.
 * @throws OstroError('invalid-file') where a control token is missing or a value is of the wrong type
 */
export function tokenizerFromVocabulary(text: string, tokenizerConfig?: unknown): Tokenizer {
  const config = asObject(tokenizerConfig ?? {}, 'tokenizer_config.json')
  const lines = text.split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  const spelled = (name: string, usual: string): string => spellingOf(config, name) ?? usual
  const need = (name: string, usual: string): number => {
    const id = lines.indexOf(spelled(name, usual))
    if (id >= 0) return id
    const message = `vocab.txt: expected the ${name} ${JSON.stringify(spelled(name, usual).slice(0, 60))} among its ${lines.length} tokens, but it is missing.`
    throw new OstroError('invalid-file', message, { token: name })
  }
  const unknown = need('unk_token', '[UNK]')
  const cls = need('cls_token', '[CLS]')
  const sep = need('sep_token', '[SEP]')
  const pad = lines.indexOf(spelled('pad_token', '[PAD]'))
  const types = new Uint8Array(lines.length).fill(TOKEN_TYPE.normal)
  for (const id of [cls, sep, pad, lines.indexOf(spelled('mask_token', '[MASK]'))]) types[id] = TOKEN_TYPE.control
  types[unknown] = TOKEN_TYPE.unknown
  const vocabulary = createVocabulary(lines, types, 'vocab.txt')

  const lowercases = flagField(config, 'do_lower_case') ?? true
  const normalizing: BertNormalizing = {
    cleansText: true,
    spacesChinese: flagField(config, 'tokenize_chinese_chars') ?? true,
    stripsAccents: flagField(config, 'strip_accents') ?? lowercases,
    lowercases,
  }
  return assembleTokenizer({
    kind: 'wordpiece',
    vocabulary,
    segment: createWordPieceSegmenter({
      vocabulary,
      unknown,
      prefix,
      mostCharacters,
      normalize: (stretch) => normalizeForBert(stretch, normalizing),
      preTokenize: cutBertWords,
    }),
    ...addedTokensByType(vocabulary),
    bytesOf: (id) => wordPieceTokenBytes(vocabulary, id, prefix),
    bos: cls,
    eos: sep,
    pad: pad < 0 ? undefined : pad,
    unknown,
    prefix: [cls],
    suffix: [sep],
    endOfGeneration: new Set([sep]),
    infill: undefined,
    pairTemplate: bertPair(cls, sep),
    stripsLeadingSpace: true,
  })
}

function spellingOf(config: JsonObject, name: string): string | undefined {
  const value = field(config, name)
  if (value === undefined || typeof value === 'string') return value
  return textField(asObject(value, `${config.path}.${name}`), 'content')
}
