/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The whole contract between models and hardware.
 *
 * A device holds weights in its own layout, compiles a graph once, and then only runs it with new token ids. It knows neither
 * heads nor chats; what a sequence is, it knows only as a slot with pages of keys and values.
 */
import type { WeightType } from './dtype.ts'
import type { CacheSpec, Graph, StateSpec } from './graph.ts'

export interface WeightSource {
  readonly name: string
  /** Row-major, outermost first: a linear weight is [N, K]. */
  readonly shape: readonly number[]
  readonly type: WeightType
  readonly sizeBytes: number
  /** Copies bytes [offset, offset + into.length) of the tensor into `into`. */
  readonly read: (offset: number, into: Uint8Array) => Promise<void>
}

/** How a graph uses a weight; decides the layout it gets on the device. One weight may have both uses (tied embeddings). */
export type WeightUse = 'matmul' | 'rows' | 'vector'

export interface Device extends AsyncDisposable {
  readonly name: string
  /** Reads, repacks and keeps all weights that the graph names. Reports bytes done. */
  load(graph: Graph, weights: ReadonlyMap<string, WeightSource>, options: LoadOptions): Promise<Program>
}

export interface LoadOptions {
  /** Most tokens in one run; more is the caller's business to split. */
  readonly maxTokens: number
  /** Most rows of logits in one run. */
  readonly maxRows: number
  readonly cache: {
    readonly pages: number
    /** Pages of what encoders write and decoders read; default `pages`, of which it may be no more. */
    readonly memoryPages?: number
    readonly sequences: number
    readonly type: 'f32' | 'f16' | 'q12' | 'q8'
    /** Slots for copies of the states of sequences; default 0. */
    readonly checkpoints?: number
  }
  readonly signal?: AbortSignal
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void
}

/** One run. All arrays have T entries except `rows`, the indices of the tokens whose outputs are wanted. */
export interface Batch {
  readonly tokens: Int32Array
  readonly positions: Int32Array
  readonly sequences: Int32Array
  readonly rows: Int32Array
  /** Last position that a token sees where attention is not causal: the end of its own sequence, or of the memory that it reads. */
  readonly lasts?: Int32Array
  /** Which of two texts a token belongs to, for encoders of pairs; default 0. */
  readonly segments?: Int32Array
}

/** A look at tensors in the middle of a run. Without one a run is what it is otherwise. */
export interface Tap {
  /** The run pauses when the node that makes this tensor is done. */
  readonly after: number
  /** Tensors to see then: what the node made, and what it read. */
  readonly tensors: readonly number[]
  /** Called once; [rows, width] views that are valid during the call. */
  readonly see: (views: readonly Float32Array[]) => void
}

export interface Program {
  /**
   * Computes the graph's outputs; the arrays are views that are valid until the next run. [R, V] for `logits`.
   * @throws OstroError `invalid-argument` for a batch that does not fit, or a tap on a tensor that it does not make
   */
  run(batch: Batch, taps?: readonly Tap[]): ReadonlyMap<string, Float32Array>
  /** Whether a run makes this tensor of the graph: a device may fold a node into the next one. */
  makes(tensor: number): boolean
  readonly caches: CachePages
  readonly states: StateSlots
  /** What the user should know of how the model was loaded, such as weights that take more room than in the file. */
  readonly notices: readonly string[]
  /** Bytes held on the device: weights, arena, pages. */
  readonly bytes: { readonly weights: number; readonly arena: number; readonly cache: number }
}

/**
 * The states of all sequences: sequence s has slot s, and the slots from `sequences` on hold copies. Where a token has position 0 the
 * ops take its state as zero, so nobody has to clear a slot.
 */
export interface StateSlots {
  /** In the order in which the graph declared them. */
  readonly specs: readonly StateSpec[]
  readonly slots: number
  /** Bytes of all states in one slot. */
  readonly slotBytes: number
  copy(from: number, to: number): void
  /** A copy of one state. */
  read(state: number, slot: number): Float32Array
  write(state: number, slot: number, values: Float32Array): void
}

/** One query of one sequence to one head of keys. */
export interface AttendingQuery {
  readonly sequence: number
  readonly keyHead: number
  /** [headDim] */
  readonly values: Float32Array
  readonly from: number
  readonly to: number
  readonly scale: number
  /** Bends scaled products into (-softcap, softcap); undefined: no bend. */
  readonly softcap: number | undefined
}

/** Tokens in one page of keys and values. */
export const pageTokens = 64

/**
 * Keys and values live in pages of `pageTokens` positions. Page `p` of a group holds the same positions for all its layers; a
 * group is all layers with the same window, or the memory of all. The host decides which page a sequence uses where; the device only follows.
 */
export interface CachePages {
  readonly groups: readonly {
    readonly window: number | undefined
    /** Whether it holds what an encoder wrote: its positions are those of the source. Default false. */
    readonly memory?: boolean
    readonly caches: readonly CacheSpec[]
    readonly pages: number
  }[]
  /** Sets the page of positions [index * pageTokens, (index + 1) * pageTokens) of a sequence slot. */
  setPage(group: number, sequence: number, index: number, page: number): void
  copyPage(group: number, from: number, to: number): void
  /** What a query gives to each of the positions [from, to): softmax of its products with their keys; a view until the next call. */
  attentionShares(cache: number, query: AttendingQuery): Float32Array
  /** A copy of a page of all layers of a group, in the device's own layout: for a program of the same device with equal caches. */
  readPage(group: number, page: number): Uint8Array
  writePage(group: number, page: number, bytes: Uint8Array): void
}
