/** How a sentence encoder makes one vector of its tokens' states, as the model's own files say. */
import { OstroError } from '../util/error.ts'

export interface SentenceSettings {
  /** `mean` of all tokens, or the state of the first token. */
  readonly pooling: 'mean' | 'cls'
  /** Whether vectors are scaled to length 1. */
  readonly normalizes: boolean
  /** Tokens of a text, with those that frame it; undefined: as many as the model has positions. */
  readonly mostTokens: number | undefined
}

/** For encoders that say nothing. */
export const usualSentenceSettings: SentenceSettings = { pooling: 'mean', normalizes: true, mostTokens: undefined }

/** Parsed JSON by path inside the model's folder; undefined for a file that is not there. */
export type ReadSettings = (path: string) => Promise<unknown>

/**
 * Reads modules.json, the settings of its pooling module, and sentence_bert_config.json (the layout of sentence-transformers).
 *
 * @throws OstroError `unsupported` for a module or a pooling that Ostro does not know, `invalid-file` for values of the wrong type
 */
export async function readSentenceSettings(read: ReadSettings): Promise<SentenceSettings> {
  const modules = await read('modules.json')
  if (modules === undefined) return usualSentenceSettings
  if (!Array.isArray(modules)) throw wrong('modules.json', 'a list of modules')
  let { pooling } = usualSentenceSettings
  let normalizes = false
  for (const [index, module] of modules.entries()) {
    const { type, path } = objectOf(module, `modules.json[${index}]`)
    if (typeof type !== 'string') throw wrong(`modules.json[${index}].type`, 'a text')
    const kind = type.split('.').at(-1) ?? ''
    if (kind === 'Pooling')
      pooling = poolingOf(await read(`${textOf(path)}/config.json`), `${textOf(path)}/config.json`)
    else if (kind === 'Normalize') normalizes = true
    else if (kind !== 'Transformer') throw unknown('modules.json', 'module', kind)
  }
  const limits = await read('sentence_bert_config.json')
  const most = limits === undefined ? undefined : objectOf(limits, 'sentence_bert_config.json')['max_seq_length']
  if (most === undefined || most === null) return { pooling, normalizes, mostTokens: undefined }
  if (typeof most === 'number' && Number.isInteger(most) && most > 2) return { pooling, normalizes, mostTokens: most }
  throw wrong('sentence_bert_config.json.max_seq_length', 'a count above 2')
}

/** `<architecture>.pooling_type` of GGUF: 1 mean, 2 first token. Rank models (4) are judged by their head, not by their vectors. */
export function sentenceSettingsOfGguf(metadata: ReadonlyMap<string, unknown>): SentenceSettings {
  const kind = metadata.get(`${String(metadata.get('general.architecture'))}.pooling_type`) ?? 1
  if (kind === 1 || kind === 4) return usualSentenceSettings
  if (kind === 2) return { ...usualSentenceSettings, pooling: 'cls' }
  throw unknown('gguf', 'pooling type', String(kind))
}

function poolingOf(value: unknown, path: string): SentenceSettings['pooling'] {
  const config = objectOf(value, path)
  const flags = Object.keys(config).filter((key) => key.startsWith('pooling_mode_') && config[key] === true)
  const named = config['pooling_mode']
  const modes = typeof named === 'string' ? [named] : flags.map((key) => key.slice('pooling_mode_'.length))
  const [mode = 'none', ...more] = modes
  if (more.length > 0) throw unknown(path, 'pooling', modes.join(' and '))
  if (mode === 'mean_tokens' || mode === 'mean') return 'mean'
  if (mode === 'cls_token' || mode === 'cls') return 'cls'
  throw unknown(path, 'pooling', mode)
}

function objectOf(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw wrong(path, 'an object')
}

/** A path below the model's folder. */
function textOf(path: unknown): string {
  if (typeof path === 'string' && /^[\w.-]+$/.test(path) && path !== '..') return path
  throw wrong('modules.json path', 'the name of a folder beside it')
}

function wrong(where: string, expected: string): OstroError {
  return new OstroError('invalid-file', `${where}: expected ${expected}. The model's folder is damaged.`)
}

function unknown(where: string, what: string, kind: string): OstroError {
  const message = `${where}: ${what} '${kind.slice(0, 80)}' is not known. Known are mean and cls pooling, and normalising.`
  return new OstroError('unsupported', message, { kind })
}
