/** What lowering makes of a graph: steps that name tensors by number and say where each field of their record comes from. */
import { OstroError } from '../../../util/error.ts'
import type { Dim, Tensor } from '../../../tensor/graph.ts'
import type { DrawSource, RouterRule } from '../../../tensor/routing/index.ts'

/** Inputs that kernels read; token ids and segments only choose rows of tables, which the host does. */
export type DeviceInput = 'positions' | 'sequences' | 'lasts' | 'rows'

/** A value of a step's record, resolved when memory is planned. */
export type FieldValue =
  | { readonly kind: 'tensor'; readonly tensor: number }
  | { readonly kind: 'weight'; readonly name: string; readonly use: 'matmul' | 'vector' }
  | { readonly kind: 'rows'; readonly dim: Dim }
  | { readonly kind: 'integer'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'input'; readonly name: DeviceInput }
  /** Where a state of slot 0 lies; `slotBytes` on lies that of slot 1. */
  | { readonly kind: 'state'; readonly state: number }
  | { readonly kind: 'scratch' }
  /** The same for all matmuls. */
  | { readonly kind: 'matmul-scratch' }
  | { readonly kind: 'shared-scratch' }
  /** Words that are zero between steps, one for each tile of attention. */
  | { readonly kind: 'counters' }
  | {
      readonly kind: 'cache'
      readonly cache: number
      readonly part: 'keys' | 'values' | 'table' | 'tablePages' | 'poolPages'
    }

export interface LoweredStep {
  /** Key of the kernel, such as `matmul:q4_0:add`. */
  readonly kernel: string
  /** What a reader of the plan sees. */
  readonly label: string
  readonly inputs: readonly number[]
  readonly output: number
  readonly rows: Dim
  /** Bytes of the output per row. */
  readonly rowBytes: number
  readonly scratchBytesPerThread: number
  /** Working memory that the threads of the step share; lies before that of the threads. */
  readonly sharedScratchBytes: number
  readonly fields: Readonly<Record<string, FieldValue>>
  /** Multiply-adds per row and weight bytes, for GOPS and GB/s; `weightShare` is what a row reads of the weight at most, default all. */
  readonly work: {
    readonly multiplyAdds: number
    readonly weight: string | undefined
    readonly weightShare?: number
  }
}

/** What the host does before each run, because it is tiny and needs double precision or decoding. */
export type HostTask =
  | {
      readonly kind: 'embedding'
      readonly weight: string
      readonly ids: 'tokens' | 'positions' | 'segments'
      readonly width: number
      readonly output: number
    }
  | {
      readonly kind: 'rope-factors'
      readonly weight: string
      readonly style: 'neox' | 'interleaved'
      readonly scale: number
      readonly pairs: number
      readonly output: number
    }
  | {
      readonly kind: 'routing-groups'
      readonly rule: RouterRule
      readonly experts: number
      readonly source: DrawSource
      readonly output: number
    }

export const tensor = (id: number): FieldValue => ({ kind: 'tensor', tensor: id })
export const integer = (value: number): FieldValue => ({ kind: 'integer', value })
export const float = (value: number): FieldValue => ({ kind: 'float', value })
export const vector = (name: string): FieldValue => ({ kind: 'weight', name, use: 'vector' })
export const input = (name: DeviceInput): FieldValue => ({ kind: 'input', name })
export const scratch: FieldValue = { kind: 'scratch' }

export const rowsOf = (value: Tensor): Dim => value.shape[0] as Dim
export const rowsField = (value: Tensor): FieldValue => ({ kind: 'rows', dim: rowsOf(value) })

/** Values per row; a vector is its own width. */
export function widthOf(value: Tensor): number {
  const last = value.shape[value.shape.length - 1]
  if (typeof last !== 'number') throw new OstroError('unsupported', `wasm device: ${value.name} has no fixed width`)
  return last
}
