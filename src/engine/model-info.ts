/** What can be asked of `load` and what a loaded model says about itself. */

export type CacheType = 'f32' | 'f16' | 'q12' | 'q8'
export type DeviceName = 'wasm' | 'reference'

export interface LoadOptions {
  /** Threads that compute. Default: as many as the machine has cores, at most 8; one where memory can't be shared. */
  readonly threads?: number | undefined
  /**
   * Tokens that a prompt and its answer may have together. Default: what the model was made for, at most 8192. Of an encoder: tokens
   * that a text may have, at most its positions; default what its files say.
   */
  readonly context?: number | undefined
  /**
   * How keys and values are kept: `q12` (default) and `q8` as integers with a scale for every 64 dimensions, 12.5 and 8.5 bits a value. The
   * reference device has only `f32`.
   */
  readonly kv?: CacheType | undefined
  /** `wasm` (default), or `reference`: slow, plain TypeScript, the specification. */
  readonly device?: DeviceName | undefined
  /** Most tokens in one run of the prompt; an abort is noticed between runs. Default 256; encoders 512, and never less than a text. */
  readonly chunk?: number | undefined
  /** Answers at once and conversations kept for later turns, together; they share the cache's room. Range 1 to 256, default 16. */
  readonly sequences?: number | undefined
  /** Accepts the terms of a model that has to be downloaded and demands it. Default false. */
  readonly acceptLicence?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  /** Progress of the download and of loading. */
  readonly onProgress?: ((progress: LoadEvent) => void) | undefined
}

/** The options that travel to the worker. */
export type ResolvedLoadOptions = Omit<LoadOptions, 'signal' | 'onProgress'>

export interface LoadEvent {
  /** `download`: from its source to the disk; `load`: from the file to the device. */
  readonly stage: 'download' | 'load'
  readonly doneBytes: number
  readonly totalBytes: number
}

export interface TensorInfo {
  readonly name: string
  readonly shape: readonly number[]
  readonly type: string
  readonly sizeBytes: number
}

export interface ModelInfo {
  /** The name in the file, or what it was loaded from. */
  readonly name: string
  readonly architecture: string
  /** `chat` where the file has a chat template; `encoder` where the model predicts no tokens: it embeds texts or ranks pairs. */
  readonly kind: 'chat' | 'base' | 'encoder' | 'translator'
  readonly parameters: number
  readonly vocabularySize: number
  readonly layers: number
  /** D: width of the residual stream, and of `embed`'s vectors. */
  readonly width: number
  /** Tokens that a prompt and its answer may have together here; of an encoder, those of one text. */
  readonly contextTokens: number
  /** Answers at once and conversations kept for later turns, together. */
  readonly slots: number
  /** Tokens that the model was made for. */
  readonly trainedContextTokens: number
  /** Whether `infill` works. */
  readonly infill: boolean
  readonly device: string
  /** Threads that compute. */
  readonly threads: number
  readonly tensors: readonly TensorInfo[]
  /** What to know of how the model was loaded, such as weights that take more room than in the file; usually empty. */
  readonly notices: readonly string[]
  /** Bytes of the weights in the file. */
  readonly fileBytes: number
  /** Bytes held on the device. */
  readonly bytes: { readonly weights: number; readonly arena: number; readonly cache: number }
}

/** One step of the plan for T tokens and R rows. */
export interface PlanStep {
  readonly op: string
  /** Such as `blk.3.attn_norm`. */
  readonly label: string
  /** `T` and `R` are symbols. */
  readonly shape: readonly (number | 'T' | 'R')[]
  readonly type: string
  /** Name and type of the weights it reads. */
  readonly weights: readonly { readonly name: string; readonly type: string; readonly sizeBytes: number }[]
  /** Of the output in the arena, in bytes; undefined where the device plans none. */
  readonly offset: number | undefined
  /** Read and written when one token runs: weights, inputs and output. */
  readonly movedBytes: number
}

export interface StepProfile {
  readonly op: string
  readonly calls: number
  readonly milliseconds: number
  readonly gigabytesPerSecond: number | undefined
  readonly gigaOperationsPerSecond: number | undefined
}
