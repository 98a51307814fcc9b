/**
 * Turns a graph into steps for this device: chooses kernels, encodes activations once for all matmuls that read them, and folds
 * biases and residual additions into the matmul before them. Steps name tensors by number; memory is planned afterwards.
 */
import { OstroError } from '../../util/error.ts'
import { blockTypeNames } from '../../quant/block-type.ts'
import type { BlockTypeName } from '../../quant/block-type.ts'
import type { Dim, Graph, GraphNode, Tensor } from '../../tensor/graph.ts'
import { panelFormats } from './panel.ts'
import type { PanelFormat } from './panel.ts'
import type { CacheType } from './kernels/attention.ts'
import { activationBlockBytes } from './kernels/quantize.ts'
import type { LowerContext, NewStep } from './lowering/context.ts'
import { opLowerings } from './lowering/index.ts'
import { integer, rowsField, rowsOf, tensor, vector, widthOf } from './lowering/step.ts'
import type { HostTask, LoweredStep } from './lowering/step.ts'
import { placeStates } from './states.ts'
import type { StateLayout } from './states.ts'

export interface Lowered {
  readonly steps: readonly LoweredStep[]
  readonly hostTasks: readonly HostTask[]
  /** Bytes per token of the tensors that host tasks write. */
  readonly hostTensors: ReadonlyMap<number, number>
  readonly outputs: ReadonlyMap<string, { readonly tensor: number; readonly rows: Dim; readonly width: number }>
  readonly states: StateLayout
}

export const isWeightType = (type: string): type is BlockTypeName =>
  (blockTypeNames as readonly string[]).includes(type)

/** The layout that a matmul weight of this type gets: its own, or f32 where it has none. */
export const formatOf = (type: BlockTypeName): PanelFormat => panelFormats[type] ?? { kind: 'float', element: 'f32' }

/** As many as their activations stay in the cache while a panel passes. */
const tokensPerChunk = 64

export interface LowerOptions {
  readonly cacheType: CacheType
  /** Pages of the largest cache. */
  readonly pages: number
  /** Tokens of a chunk of the state-space dual and of the gated delta rule. */
  readonly chunkTokens: number
}

export function lowerGraph(graph: Graph, { cacheType, pages, chunkTokens }: LowerOptions): Lowered {
  const steps: LoweredStep[] = []
  const hostTasks: HostTask[] = []
  const hostTensors = new Map<number, number>()
  const known = new Map<string, number>()
  let nextTensor = graph.tensors.length
  const folds = findFolds(graph)
  const states = placeStates(graph, chunkTokens)

  const push = (step: NewStep): void => {
    steps.push({
      scratchBytesPerThread: 0,
      sharedScratchBytes: 0,
      work: { multiplyAdds: 0, weight: undefined },
      ...step,
    })
  }
  const newTensor = (): number => nextTensor++
  const shared = (key: string, make: () => number): number => {
    const number = known.get(key) ?? make()
    known.set(key, number)
    return number
  }
  const context: LowerContext = {
    cacheType,
    pages,
    slotBytes: states.slotBytes,
    chunkTokens,
    push,
    newTensor,
    shared,
    pushHost(task, rowBytes) {
      hostTasks.push(task)
      hostTensors.set(task.output, rowBytes)
    },
    encode: (x, path) =>
      shared(`${path}:${x.id}`, () => {
        const output = newTensor()
        const k = widthOf(x)
        push({
          kernel: `quantize:${path}`,
          label: `${x.name} as ${path === 'integer' ? 'i8' : 'i16'}`,
          inputs: [x.id],
          output,
          rows: rowsOf(x),
          rowBytes: (k / 32) * activationBlockBytes[path],
          fields: { input: tensor(x.id), output: tensor(output), rows: rowsField(x), k: integer(k) },
        })
        return output
      }),
  }

  for (const node of graph.nodes) {
    const { op, inputs, output } = node
    const [a, b] = inputs as [Tensor, Tensor]
    const lower = opLowerings[op.name]
    const folded = folds.get(node)
    if (folded === 'later') continue
    else if (folded !== undefined) lowerMatmul(context, folded, output)
    else if (op.name === 'embedding') {
      const width = widthOf(output)
      const ids = b.name as 'tokens' | 'positions' | 'segments'
      context.pushHost({ kind: 'embedding', weight: a.name, ids, width, output: output.id }, width * 4)
    } else if (lower !== undefined) lower(context, node)
    else {
      throw new OstroError('unsupported', `wasm device: op '${op.name}' has no kernel here. Use the reference device.`)
    }
  }
  const outputs = new Map(
    [...graph.outputs].map(([name, value]) => [name, { tensor: value.id, rows: rowsOf(value), width: widthOf(value) }]),
  )
  return { steps, hostTasks, hostTensors, outputs, states }
}

/** A matmul with what it adds while it stores: a vector to every row, then another tensor. */
interface FoldedMatmul {
  readonly matmul: GraphNode
  readonly bias: Tensor | undefined
  readonly addend: Tensor | undefined
}

function lowerMatmul(context: LowerContext, { matmul, bias, addend }: FoldedMatmul, output: Tensor): void {
  const [x, weight] = matmul.inputs as [Tensor, Tensor]
  const [n, k] = weight.shape as [number, number]
  const format = formatOf(weight.type as BlockTypeName)
  const path = format.kind === 'float' ? undefined : format.kind
  const activations = path === undefined ? x.id : context.encode(x, path)
  const type = panelFormats[weight.type as BlockTypeName] === undefined ? 'f32' : weight.type
  context.push({
    kernel: `matmul:${type}${bias === undefined ? '' : ':bias'}${addend === undefined ? '' : ':add'}`,
    label: output.name,
    inputs: addend === undefined ? [activations] : [activations, addend.id],
    output: output.id,
    rows: rowsOf(x),
    rowBytes: n * 4,
    fields: {
      activations: tensor(activations),
      weights: { kind: 'weight', name: weight.name, use: 'matmul' },
      output: tensor(output.id),
      ...(bias === undefined ? {} : { bias: vector(bias.name) }),
      ...(addend === undefined ? {} : { addend: tensor(addend.id) }),
      tokens: rowsField(x),
      tokensPerChunk: integer(tokensPerChunk),
      n: integer(n),
      k: integer(k),
    },
    work: { multiplyAdds: n * k, weight: weight.name },
  })
}

/**
 * A matmul whose only reader is an addition can add while it stores. Every matmul stands at the node that gives the result of the whole;
 * the nodes before it in the chain come `later`.
 */
function findFolds(graph: Graph): ReadonlyMap<GraphNode, FoldedMatmul | 'later'> {
  const uses = countUses(graph)
  const madeBy = new Map(graph.nodes.map((node) => [node.output.id, node]))
  const folds = new Map<GraphNode, FoldedMatmul | 'later'>()
  const extend = (node: GraphNode, value: Tensor, other: Tensor): boolean => {
    const before = madeBy.get(value.id)
    const chain = before === undefined ? undefined : folds.get(before)
    if (before === undefined || chain === undefined || chain === 'later' || uses.get(value.id) !== 1) return false
    const [N] = value.shape.slice(-1)
    const isBias = other.kind === 'weight' && other.shape.length === 1 && other.shape[0] === N
    const isSame = value.shape.length === other.shape.length && value.shape.every((dim, i) => dim === other.shape[i])
    const extended =
      isBias && chain.bias === undefined && chain.addend === undefined
        ? { ...chain, bias: other }
        : isSame && other.kind === 'node' && chain.addend === undefined
          ? { ...chain, addend: other }
          : undefined
    if (extended === undefined) return false
    folds.set(before, 'later')
    folds.set(node, extended)
    return true
  }

  for (const node of graph.nodes) {
    if (node.op.name === 'matmul') folds.set(node, { matmul: node, bias: undefined, addend: undefined })
    if (node.op.name !== 'add') continue
    const [a, b] = node.inputs as [Tensor, Tensor]
    if (!extend(node, b, a)) extend(node, a, b)
  }
  return folds
}

function countUses(graph: Graph): ReadonlyMap<number, number> {
  const uses = new Map<number, number>()
  const count = (id: number) => uses.set(id, (uses.get(id) ?? 0) + 1)
  for (const node of graph.nodes) for (const input of node.inputs) count(input.id)
  for (const output of graph.outputs.values()) count(output.id)
  return uses
}
