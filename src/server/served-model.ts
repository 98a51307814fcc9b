/** What the server needs of models: the part of the engine's `Model` that it calls, so that tests can script one, and a pool of them. */
import type { Model } from '../engine/model.ts'
import type { ModelInfo } from '../engine/model-info.ts'
import type { RemoteEmbeddings } from '../remote/index.ts'
import type { LanguageModel } from '../tools/language-model.ts'

export type ServedModelInfo = Pick<
  ModelInfo,
  | 'name'
  | 'architecture'
  | 'kind'
  | 'parameters'
  | 'vocabularySize'
  | 'width'
  | 'contextTokens'
  | 'trainedContextTokens'
  | 'infill'
  | 'fileBytes'
  | 'bytes'
  | 'tensors'
  | 'notices'
>

export type ServedModel = LanguageModel &
  Pick<
    Model,
    'stream' | 'infill' | 'embed' | 'rerank' | 'translate' | 'tokenize' | 'detokenize' | 'render' | 'logits' | 'dispose'
  > & {
    readonly info: ServedModelInfo
    /** In the place of `embed` where another server computes and counts. */
    readonly embedElsewhere?: RemoteEmbeddings['embed'] | undefined
  }

/** A model by name, whether it is in memory or not. */
export interface ModelEntry {
  /** What a request's `model` says. */
  readonly id: string
  /** Other names of the same model. */
  readonly aliases: readonly string[]
  readonly sizeBytes: number
  /** Unix time in seconds at which it came to this machine. */
  readonly created: number
  readonly licence: string | undefined
  /** Undefined where only loading it would tell. */
  readonly kind?: ServedModelInfo['kind'] | undefined
  /** Of its files, where they are one format. */
  readonly format?: 'gguf' | 'safetensors' | undefined
  /** SHA-256 of its file in hexadecimal, where it is one and came from a hub. */
  readonly sha256?: string | undefined
  /** Undefined while it is not loaded. */
  readonly contextTokens?: number | undefined
  /** Undefined while it is not loaded, and where another server has it. */
  readonly info?: ServedModelInfo | undefined
  /** Unix time in milliseconds at which it is unloaded if nobody uses it; undefined where nothing is planned. */
  readonly expiresAtMs?: number | undefined
  readonly loaded: boolean
  readonly isDefault: boolean
}

/** A model in use: it is not unloaded before the release. */
export interface ModelLease {
  readonly id: string
  readonly model: ServedModel
  /** How long it stays in memory once nobody uses it, in milliseconds: 0 not at all, Infinity for ever. Holds until said otherwise. */
  readonly keepFor: (milliseconds: number) => void
  readonly release: () => void
}

/** What a request wants of a model that it does not name: an answer, or vectors and ranks. */
export type ModelPurpose = 'answer' | 'vectors'

/** The models that a server can answer with. */
export interface ModelPool {
  readonly list: () => Promise<readonly ModelEntry[]>
  /**
   * The model of that name (undefined: the default one for the purpose, by default an answer), loaded when it is not.
   * @throws ApiError 404 `model_not_found`, which lists the names that there are
   */
  readonly acquire: (name: string | undefined, signal: AbortSignal, purpose?: ModelPurpose) => Promise<ModelLease>
  /** Takes a model out whose engine has failed; the next `acquire` loads it anew. */
  readonly discard: (model: ServedModel) => void
  /** Unloads all of them. */
  readonly close: () => Promise<void>
}
