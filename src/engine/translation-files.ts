/** The files of an encoder-decoder's folder that are about text: SentencePiece models, vocabularies, generation settings. */
import { type Tokenizer, tokenizerFromSentencePiece } from '../tokenizer/index.ts'
import { OstroError } from '../util/error.ts'
import type { TranslationFiles } from './translation-settings.ts'

/** Reads files of one folder; undefined where there is none of that name. */
export interface FolderReader {
  readonly bytes: (file: string) => Promise<Uint8Array | undefined>
  /** A JSON object. */
  readonly json: (file: string) => Promise<Record<string, unknown> | undefined>
}

type Config = Readonly<Record<string, unknown>> | undefined

export async function readTranslationFiles(folder: FolderReader, tokenizerConfig: Config): Promise<TranslationFiles> {
  const target = await folder.bytes('target.spm')
  // Without a list of its own the target's ids are those of the one vocabulary, which the tokenizer of the source has.
  const vocabulary = target && (await folder.json('target_vocab.json'))
  return {
    generation: await folder.json('generation_config.json'),
    tokenizerConfig,
    targetTokenizer:
      target === undefined || vocabulary === undefined ? undefined : tokenizerFromSentencePiece(target, { vocabulary }),
  }
}

/** T5 has `spiece.model`, M2M-100 `sentencepiece.bpe.model` and Marian `source.spm`, the last two beside vocab.json. */
export async function tokenizerOfSentencePiece(
  folder: FolderReader,
  tokenizerConfig: Config,
): Promise<Tokenizer | undefined> {
  const own = (await folder.bytes('spiece.model')) ?? (await folder.bytes('tokenizer.model'))
  if (own !== undefined) return tokenizerFromSentencePiece(own, { added: sentinels(tokenizerConfig) })
  for (const name of ['sentencepiece.bpe.model', 'source.spm']) {
    const bytes = await folder.bytes(name)
    if (bytes === undefined) continue
    const vocabulary = await folder.json('vocab.json')
    if (vocabulary === undefined) {
      throw new OstroError('not-found', `${name}: vocab.json expected beside it, but it is missing.`, { file: name })
    }
    return tokenizerFromSentencePiece(bytes, { vocabulary, added: await languages(folder, tokenizerConfig) })
  }
  return undefined
}

/** T5's marks of gaps, whose numbers fall as ids rise; they are not in the file. */
function sentinels(tokenizerConfig: Config): string[] {
  const count = tokenizerConfig?.['extra_ids'] ?? usualSentinels
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 0 || count > mostSentinels) {
    const message = `tokenizer_config.json: expected a count up to ${mostSentinels} at 'extra_ids', got ${String(count)}.`
    throw new OstroError('invalid-file', message, { key: 'extra_ids' })
  }
  return Array.from({ length: count }, (_, index) => `<extra_id_${count - 1 - index}>`)
}

const usualSentinels = 100
const mostSentinels = 4096

/** M2M-100's languages follow the vocabulary in the order in which they are listed. */
async function languages(folder: FolderReader, tokenizerConfig: Config): Promise<string[]> {
  const special = await folder.json('special_tokens_map.json')
  const listed = tokenizerConfig?.['additional_special_tokens'] ?? special?.['additional_special_tokens'] ?? []
  const isList = Array.isArray(listed) && listed.every((token) => typeof token === 'string')
  if (isList) return listed as string[]
  throw new OstroError(
    'invalid-file',
    "special_tokens_map.json: expected a list of texts at 'additional_special_tokens'.",
  )
}
