/**
 * A graph is what a model's `forward` writes: nodes in order of evaluation, each an op applied to tensors.
 *
 * A graph is written once for all batch sizes. A dimension is a number or one of two symbols: `'T'`, the tokens of the batch, and
 * `'R'`, the rows whose logits are asked for; a device gives them values when it runs. All activations are dense row-major f32.
 */
import type { ActivationType, WeightType } from './dtype.ts'
import type { OpDefinition } from './op.ts'

export type Dim = number | 'T' | 'R'
export type Shape = readonly Dim[]

export interface Tensor {
  readonly id: number
  /** `input`: set by the caller for each run; `weight`: lives on the device; `node`: computed. */
  readonly kind: 'input' | 'weight' | 'node'
  readonly shape: Shape
  readonly type: ActivationType | WeightType
  /** Input name, weight name in the file, or a label such as `blk.3.attn_norm` for taps and printed plans. */
  readonly name: string
}

export interface GraphNode {
  readonly op: OpDefinition<never>
  readonly inputs: readonly Tensor[]
  readonly attributes: Readonly<Record<string, unknown>>
  readonly output: Tensor
}

/** One attention cache: the keys and values that one layer keeps per token. */
export interface CacheSpec {
  readonly kvHeads: number
  readonly headDim: number
  /** Keys visible to a query, itself included; undefined: all. */
  readonly window: number | undefined
  /** True where an encoder writes it and a decoder reads it: its length is that of the source. Default false. */
  readonly memory?: boolean
}

/** What a sequence keeps from run to run besides keys and values: a fixed number of f32 values, zero where a document starts. */
export interface StateSpec {
  readonly name: string
  readonly shape: readonly number[]
}

/** One i32 for each token of a run, except `rows`: see `Batch`. */
export type InputName = 'tokens' | 'positions' | 'sequences' | 'lasts' | 'segments' | 'rows'

export class Graph {
  readonly tensors: Tensor[] = []
  readonly nodes: GraphNode[] = []
  readonly caches: CacheSpec[] = []
  readonly states: StateSpec[] = []
  readonly outputs = new Map<string, Tensor>()
  #scope = ''

  /** Inputs that every device provides, i32: `rows` [R], the others [T]. */
  input(name: InputName): Tensor {
    const known = this.tensors.find((tensor) => tensor.kind === 'input' && tensor.name === name)
    return known ?? this.#add('input', [name === 'rows' ? 'R' : 'T'], 'i32', name)
  }

  /** A tensor that the device already holds; `shape` is row-major, outermost first: a linear weight is [N, K]. */
  weight(name: string, shape: readonly number[], type: WeightType): Tensor {
    return this.#add('weight', shape, type, name)
  }

  /** Adds a node; shape and type of the output follow from the op's rule. */
  apply<A extends object>(op: OpDefinition<A>, inputs: readonly Tensor[], attributes: A, label?: string): Tensor {
    const { shape, type } = op.infer(inputs, attributes)
    const output = this.#add('node', shape, type, this.#scope + (label ?? op.name))
    this.nodes.push({
      op: op as unknown as OpDefinition<never>,
      inputs,
      attributes: attributes as Readonly<Record<string, unknown>>,
      output,
    })
    return output
  }

  /** Declares one attention cache and returns its index, which the attention op names. */
  cache(spec: CacheSpec): number {
    this.caches.push(spec)
    return this.caches.length - 1
  }

  /** Declares a state of `shape` and returns its index, which the op that keeps it names. */
  state(name: string, shape: readonly number[]): number {
    this.states.push({ name: this.#scope + name, shape })
    return this.states.length - 1
  }

  /** Labels of nodes made inside `write` start with `prefix` (`blk.3.`). */
  scope<T>(prefix: string, write: () => T): T {
    const before = this.#scope
    this.#scope = before + prefix
    try {
      return write()
    } finally {
      this.#scope = before
    }
  }

  /** Marks a tensor as a result that survives the run (`logits`, `hidden`). */
  output(name: string, tensor: Tensor): void {
    this.outputs.set(name, tensor)
  }

  #add(kind: Tensor['kind'], shape: Shape, type: Tensor['type'], name: string): Tensor {
    const tensor: Tensor = { id: this.tensors.length, kind, shape, type, name }
    this.tensors.push(tensor)
    return tensor
  }
}
