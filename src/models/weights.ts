/** How `forward` names the tensors of a file: every tensor is checked for presence and shape before it enters the graph. */
import type { WeightSource } from '../tensor/device.ts'
import type { Graph, Tensor } from '../tensor/graph.ts'
import { OstroError } from '../util/error.ts'

/** Names are those of GGUF files (`blk.0.attn_q.weight`), whatever format the file has. */
export interface Weights {
  /** @throws OstroError `invalid-file` when the file lacks the tensor or has it in another shape. */
  tensor(name: string, shape: readonly number[]): Tensor
  has(name: string): boolean
  /** Undefined when the file lacks the tensor. @throws OstroError `invalid-file` when it has another shape. */
  optional(name: string, shape: readonly number[]): Tensor | undefined
  /** @throws OstroError `invalid-file` when the file lacks the tensor. */
  shapeOf(name: string): readonly number[]
  /** The same weights with names that start with `prefix`. */
  scope(prefix: string): Weights
}

/** Weights of `sources`, added to `g` as they are named; a tensor named twice is one tensor of the graph. */
export function weightsOf(g: Graph, sources: ReadonlyMap<string, WeightSource>): Weights {
  const known = new Map<string, Tensor>()
  const find = (name: string): WeightSource => {
    const source = sources.get(name)
    if (source !== undefined) return source
    throw new OstroError('invalid-file', `tensor '${name}': expected in the file, but it is missing.`, { tensor: name })
  }
  const add = (source: WeightSource, name: string, shape: readonly number[]): Tensor => {
    if (source.shape.length !== shape.length || source.shape.some((dim, index) => dim !== shape[index])) {
      const message = `tensor '${name}': expected shape [${shape.join(', ')}], got [${source.shape.join(', ')}].`
      throw new OstroError('invalid-file', message, { tensor: name, expected: shape, got: source.shape })
    }
    const tensor = known.get(name) ?? g.weight(name, shape, source.type)
    known.set(name, tensor)
    return tensor
  }
  const scoped = (prefix: string): Weights => ({
    tensor: (name, shape) => add(find(prefix + name), prefix + name, shape),
    has: (name) => sources.has(prefix + name),
    optional(name, shape) {
      const source = sources.get(prefix + name)
      return source === undefined ? undefined : add(source, prefix + name, shape)
    },
    shapeOf: (name) => find(prefix + name).shape,
    scope: (inner) => scoped(prefix + inner),
  })
  return scoped('')
}
