/** How an encoder-decoder wants to be used, as its own files say: config.json, generation_config.json, tokenizer_config.json. */
import {
  type ConfigFields,
  fieldsOfMap,
  fieldsOfObject,
  optionalNumber,
  optionalNumbers,
  optionalObject,
  optionalString,
  refuseField,
} from '../models/config-fields.ts'
import type { ModelFiles } from '../models/index.ts'
import type { Tokenizer } from '../tokenizer/index.ts'

/** What a model's folder has beside config.json; parsed JSON. */
export interface TranslationFiles {
  readonly generation: Readonly<Record<string, unknown>> | undefined
  readonly tokenizerConfig: Readonly<Record<string, unknown>> | undefined
  /** Where source and target have a vocabulary each. */
  readonly targetTokenizer: Tokenizer | undefined
}

export interface TranslationSettings {
  /** What every target begins with. */
  readonly startToken: number
  readonly endTokens: ReadonlySet<number>
  readonly forcedFirst: number | undefined
  readonly forcedLast: number | undefined
  /** Tokens that are never generated. */
  readonly suppressed: readonly number[]
  readonly beams: number
  readonly lengthPenalty: number
  readonly earlyStopping: boolean | 'never'
  readonly noRepeatNgram: number
  readonly maxTokens: number | undefined
  /** Whether the languages are asked for in words before the text, as T5 was trained. */
  readonly isInstructed: boolean
  /** What is put before the text to translate between two languages; undefined where the files do not say. */
  readonly promptOf: (from: string, to: string) => string | undefined
  /** The two languages of a model that has no others. */
  readonly pair: { readonly from: string | undefined; readonly to: string | undefined }
}

const usualBeams = 4
/** `model_type`, or the architecture of a GGUF file. */
const instructedTypes: readonly (string | undefined)[] = ['t5', 'mt5', 'switch_transformers']

/** @throws OstroError `invalid-file` naming the key that is missing or of the wrong type */
export function readTranslationSettings(
  files: ModelFiles,
  extra: TranslationFiles | undefined,
  tokenizer: Tokenizer | undefined,
): TranslationSettings {
  const config = configOf(files)
  const fields = withGeneration(config, extra?.generation)
  const token = (key: string): number | undefined => {
    const id = optionalNumber(fields, key)
    return id === undefined || (Number.isInteger(id) && id >= 0) ? id : refuseField(fields, key, 'a token id', id)
  }
  const named = fieldsOfObject('tokenizer_config.json', extra?.tokenizerConfig ?? {})
  const tasks = optionalObject(config, 'task_specific_params')
  const early = fields.get('early_stopping')
  return {
    startToken:
      token('decoder_start_token_id') ?? refuseField(fields, 'decoder_start_token_id', 'a token id', undefined),
    endTokens: endTokens(fields, tokenizer),
    forcedFirst: token('forced_bos_token_id'),
    forcedLast: token('forced_eos_token_id'),
    suppressed: suppressedTokens(fields),
    beams: optionalNumber(fields, 'num_beams') ?? usualBeams,
    lengthPenalty: optionalNumber(fields, 'length_penalty') ?? 1,
    earlyStopping: early === true || early === 'never' ? early : false,
    noRepeatNgram: optionalNumber(fields, 'no_repeat_ngram_size') ?? 0,
    maxTokens: optionalNumber(fields, 'max_new_tokens') ?? optionalNumber(fields, 'max_length'),
    isInstructed: instructedTypes.includes(typeOf(config)),
    promptOf: (from, to) => {
      const task = tasks && optionalObject(tasks, `translation_${from}_to_${to}`)
      return task && optionalString(task, 'prefix')
    },
    pair: { from: optionalString(named, 'source_lang'), to: optionalString(named, 'target_lang') },
  }
}

function configOf(files: ModelFiles): ConfigFields {
  if (files.format === 'safetensors') return fieldsOfObject('config.json', files.config)
  const metadata = fieldsOfMap('GGUF metadata', files.metadata)
  const name = String(metadata.get('general.architecture'))
  return { source: metadata.source, get: (key) => metadata.get(key) ?? metadata.get(`${name}.${key}`) }
}

function typeOf(config: ConfigFields): string | undefined {
  return optionalString(config, 'model_type') ?? optionalString(config, 'general.architecture')
}

/** What generation_config.json says counts before what config.json says. */
function withGeneration(config: ConfigFields, generation: Readonly<Record<string, unknown>> | undefined): ConfigFields {
  if (generation === undefined) return config
  const first = fieldsOfObject('generation_config.json', generation)
  return { source: `${first.source} and ${config.source}`, get: (key) => first.get(key) ?? config.get(key) }
}

function endTokens(fields: ConfigFields, tokenizer: Tokenizer | undefined): Set<number> {
  const stated = fields.get('eos_token_id')
  const ids = Array.isArray(stated) ? optionalNumbers(fields, 'eos_token_id') : optionalNumber(fields, 'eos_token_id')
  const ends = ids ?? tokenizer?.eos
  if (ends === undefined) return refuseField(fields, 'eos_token_id', 'a token id', undefined)
  return new Set(typeof ends === 'number' ? [ends] : ends)
}

/** Of the lists of forbidden runs those of one token; Marian forbids its padding so. */
function suppressedTokens(fields: ConfigFields): number[] {
  const runs = fields.get('bad_words_ids')
  if (runs === undefined) return []
  const isList = Array.isArray(runs) && runs.every((run) => Array.isArray(run))
  if (!isList) return refuseField(fields, 'bad_words_ids', 'a list of lists of token ids', runs)
  const singles = (runs as readonly (readonly unknown[])[]).filter((run) => run.length === 1)
  return singles.map(([id]) => (typeof id === 'number' ? id : refuseField(fields, 'bad_words_ids', 'token ids', id)))
}
