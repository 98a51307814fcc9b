/** What the lowering of one op may do, and the shape of such a function. */
import type { GraphNode, Tensor } from '../../../tensor/graph.ts'
import type { CacheType } from '../kernels/attention.ts'
import type { HostTask, LoweredStep } from './step.ts'
import { rowsOf, widthOf } from './step.ts'

/** A step; what it leaves out is zero. */
export type NewStep = Omit<LoweredStep, 'scratchBytesPerThread' | 'sharedScratchBytes' | 'work'> & Partial<LoweredStep>

export interface LowerContext {
  readonly cacheType: CacheType
  /** Pages of the largest cache. */
  readonly pages: number
  /** From the states of one sequence to those of the next. */
  readonly slotBytes: number
  /** Tokens of a chunk of the state-space dual and of the gated delta rule. */
  readonly chunkTokens: number
  readonly push: (step: NewStep) => void
  /** The number of a tensor that the graph does not name. */
  readonly newTensor: () => number
  /** Work of the host before the steps; its output has `rowBytes` per token. */
  readonly pushHost: (task: HostTask, rowBytes: number) => void
  /** The activation in the code that a kernel path reads; encoded once for all its readers. */
  readonly encode: (x: Tensor, path: 'integer' | 'byte') => number
  /** The number under `key`, made by `make` when it is asked for first: for what several nodes share. */
  readonly shared: (key: string, make: () => number) => number
}

export type LowerOp = (context: LowerContext, node: GraphNode) => void

/** The part of a step that follows from its output. */
export const stepFor = (output: Tensor) => ({
  label: output.name,
  output: output.id,
  rows: rowsOf(output),
  rowBytes: widthOf(output) * 4,
})
