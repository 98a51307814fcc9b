/**
 * Turns a graph into steps for this device: chooses kernels, encodes activations once for all matmuls that read them, and folds
 * residual additions into the matmul before them. Steps name tensors by number; memory is planned afterwards.
 */
import { OstroError } from '../../util/error.ts'
import { blockTypeNames } from '../../quant/block-type.ts'
import type { BlockTypeName } from '../../quant/block-type.ts'
import type { Dim, Graph, GraphNode, Tensor } from '../../tensor/graph.ts'
import type { AttentionAttributes } from '../../tensor/ops/attention.ts'
import type { RopeAttributes } from '../../tensor/ops/rope.ts'
import { panelFormats } from './panel.ts'
import type { PanelFormat } from './panel.ts'
import { attentionScratchBytes, chunksOf, partialsBytes } from './kernels/attention.ts'
import type { CacheType } from './kernels/attention.ts'
import { activationBlockBytes } from './kernels/quantize.ts'

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
  /** Multiply-adds per row and weight bytes, for GOPS and GB/s. */
  readonly work: { readonly multiplyAdds: number; readonly weight: string | undefined }
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

export interface Lowered {
  readonly steps: readonly LoweredStep[]
  readonly hostTasks: readonly HostTask[]
  /** Bytes per token of the tensors that host tasks write. */
  readonly hostTensors: ReadonlyMap<number, number>
  readonly outputs: ReadonlyMap<string, { readonly tensor: number; readonly rows: Dim; readonly width: number }>
}

const tensor = (id: number): FieldValue => ({ kind: 'tensor', tensor: id })
const integer = (value: number): FieldValue => ({ kind: 'integer', value })
const float = (value: number): FieldValue => ({ kind: 'float', value })
const scratch: FieldValue = { kind: 'scratch' }

export const isWeightType = (type: string): type is BlockTypeName =>
  (blockTypeNames as readonly string[]).includes(type)

/** The layout that a matmul weight of this type gets: its own, or f32 where it has none. */
export const formatOf = (type: BlockTypeName): PanelFormat => panelFormats[type] ?? { kind: 'float', element: 'f32' }

export function lowerGraph(graph: Graph, cacheType: CacheType, pages: number): Lowered {
  const steps: LoweredStep[] = []
  const hostTasks: HostTask[] = []
  const hostTensors = new Map<number, number>()
  const encoded = new Map<string, number>()
  const ropeFactors = new Map<string, number>()
  let nextTensor = graph.tensors.length
  const uses = countUses(graph)
  const madeBy = new Map(graph.nodes.map((node) => [node.output.id, node]))
  const folded = new Set<number>()

  /** A matmul whose only reader is this addition can add while it stores. */
  const foldable = (value: Tensor, other: Tensor): GraphNode | undefined => {
    const node = madeBy.get(value.id)
    const same = value.shape.length === other.shape.length && value.shape.every((dim, i) => dim === other.shape[i])
    return node?.op.name === 'matmul' && uses.get(value.id) === 1 && same && other.kind === 'node' ? node : undefined
  }
  for (const node of graph.nodes) {
    if (node.op.name !== 'add') continue
    const [a, b] = node.inputs as [Tensor, Tensor]
    const matmul = foldable(b, a) ?? foldable(a, b)
    if (matmul !== undefined) folded.add(matmul.output.id)
  }

  const push = (
    step: Omit<LoweredStep, 'scratchBytesPerThread' | 'sharedScratchBytes' | 'work'> & Partial<LoweredStep>,
  ) => {
    steps.push({
      scratchBytesPerThread: 0,
      sharedScratchBytes: 0,
      work: { multiplyAdds: 0, weight: undefined },
      ...step,
    })
  }
  const encode = (x: Tensor, path: 'integer' | 'byte'): number => {
    const key = `${x.id}:${path}`
    const known = encoded.get(key)
    if (known !== undefined) return known
    const output = nextTensor++
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
    encoded.set(key, output)
    return output
  }
  const matmul = (node: GraphNode, addend: Tensor | undefined, output: Tensor): void => {
    const [x, weight] = node.inputs as [Tensor, Tensor]
    const [n, k] = weight.shape as [number, number]
    const format = formatOf(weight.type as BlockTypeName)
    const path = format.kind === 'float' ? undefined : format.kind
    const activations = path === undefined ? x.id : encode(x, path)
    const type = panelFormats[weight.type as BlockTypeName] === undefined ? 'f32' : weight.type
    push({
      kernel: `matmul:${type}${addend === undefined ? '' : ':add'}`,
      label: output.name,
      inputs: addend === undefined ? [activations] : [activations, addend.id],
      output: output.id,
      rows: rowsOf(x),
      rowBytes: n * 4,
      scratchBytesPerThread: 256,
      fields: {
        activations: tensor(activations),
        weights: { kind: 'weight', name: weight.name, use: 'matmul' },
        output: tensor(output.id),
        ...(addend === undefined ? {} : { addend: tensor(addend.id) }),
        tokens: rowsField(x),
        n: integer(n),
        k: integer(k),
        scratch,
      },
      work: { multiplyAdds: n * k, weight: weight.name },
    })
  }

  for (const node of graph.nodes) {
    const { output, attributes } = node
    const [a, b, c] = node.inputs as [Tensor, Tensor, Tensor]
    const simple = { label: output.name, output: output.id, rows: rowsOf(output), rowBytes: widthOf(output) * 4 }
    const elementwise = (kernel: string, inputs: readonly Tensor[], extra: Record<string, FieldValue> = {}) =>
      push({
        ...simple,
        kernel,
        inputs: inputs.map((input) => input.id),
        fields: {
          a: tensor(a.id),
          ...(inputs[1] === undefined ? {} : { b: tensor(inputs[1].id) }),
          output: tensor(output.id),
          rows: rowsField(output),
          width: integer(widthOf(output)),
          ...extra,
        },
      })
    switch (node.op.name) {
      case 'embedding':
        hostTasks.push({
          kind: 'embedding',
          weight: a.name,
          ids: b.name as 'tokens' | 'positions' | 'segments',
          width: widthOf(output),
          output: output.id,
        })
        hostTensors.set(output.id, widthOf(output) * 4)
        break
      case 'matmul':
        if (!folded.has(output.id)) matmul(node, undefined, output)
        break
      case 'add':
      case 'multiply': {
        const first = node.op.name === 'add' ? (foldable(b, a) ?? foldable(a, b)) : undefined
        if (first !== undefined) matmul(first, first.output === b ? a : b, output)
        else if (b.kind === 'weight') {
          elementwise(`broadcast:${node.op.name}`, [a], { b: { kind: 'weight', name: b.name, use: 'vector' } })
        } else if (b.shape.length === a.shape.length) elementwise(node.op.name, [a, b])
        else elementwise(`broadcast:${node.op.name}`, [a, b])
        break
      }
      case 'scale':
        elementwise('scale', [a], { factor: float(attributes.factor as number) })
        break
      case 'softcap':
        elementwise('softcap', [a], { factor: float(attributes.cap as number) })
        break
      case 'activation':
        elementwise(`activation:${String(attributes.kind)}`, [a])
        break
      case 'glu':
        elementwise(`glu:${String(attributes.kind)}`, [a, b])
        break
      case 'rms-norm':
      case 'layer-norm': {
        const group = widthOf(b)
        push({
          ...simple,
          kernel: node.op.name,
          inputs: [a.id],
          fields: {
            input: tensor(a.id),
            weight: { kind: 'weight', name: b.name, use: 'vector' },
            ...(c === undefined ? {} : { bias: { kind: 'weight', name: c.name, use: 'vector' } as const }),
            output: tensor(output.id),
            rows: rowsField(output),
            groupsPerRow: integer(widthOf(output) / group),
            group: integer(group),
            epsilon: float(attributes.epsilon as number),
          },
        })
        break
      }
      case 'rope': {
        const { headDim, style, scale } = attributes as unknown as RopeAttributes
        const pairs = widthOf(c)
        const key = `${c.name}:${style}:${scale}`
        let factors = ropeFactors.get(key)
        if (factors === undefined) {
          factors = nextTensor++
          ropeFactors.set(key, factors)
          hostTasks.push({ kind: 'rope-factors', weight: c.name, style, scale, pairs, output: factors })
          hostTensors.set(factors, pairs * 2 * 2 * 4)
        }
        push({
          ...simple,
          kernel: `rope:${style}`,
          inputs: [a.id, factors],
          fields: {
            input: tensor(a.id),
            output: tensor(output.id),
            factors: tensor(factors),
            rows: rowsField(output),
            heads: integer(widthOf(output) / headDim),
            headDim: integer(headDim),
            rotaryDims: integer(pairs * 2),
          },
        })
        break
      }
      case 'attention': {
        const { cache, heads, kvHeads, headDim, scale, window, softcap, causal } =
          attributes as unknown as AttentionAttributes
        const stored = nextTensor++
        const shared = {
          sequences: { kind: 'input', name: 'sequences' },
          tokens: rowsField(a),
          pageTable: { kind: 'cache', cache, part: 'table' },
          tablePages: { kind: 'cache', cache, part: 'tablePages' },
          poolPages: { kind: 'cache', cache, part: 'poolPages' },
          keyPages: { kind: 'cache', cache, part: 'keys' },
          valuePages: { kind: 'cache', cache, part: 'values' },
          kvHeads: integer(kvHeads),
          headDim: integer(headDim),
        } as const satisfies Record<string, FieldValue>
        push({
          kernel: `store-keys-values:${cacheType}:${headDim}`,
          label: `${output.name} store`,
          inputs: [b.id, c.id],
          output: stored,
          rows: 1,
          rowBytes: 64,
          fields: {
            ...shared,
            positions: { kind: 'input', name: 'positions' },
            key: tensor(b.id),
            value: tensor(c.id),
          },
        })
        push({
          ...simple,
          kernel: `attention:${cacheType}:${headDim}`,
          inputs: [a.id, stored],
          scratchBytesPerThread: attentionScratchBytes(cacheType, headDim),
          sharedScratchBytes: partialsBytes(heads, headDim, pages),
          fields: {
            ...shared,
            // The last position that a query sees: its own where it is causal.
            positions: { kind: 'input', name: causal ? 'positions' : 'lasts' },
            query: tensor(a.id),
            output: tensor(output.id),
            heads: integer(heads),
            scale: float(scale),
            window: integer(window ?? 2 ** 30),
            softcap: float(softcap ?? 0),
            scratch,
            scratchStride: integer(attentionScratchBytes(cacheType, headDim)),
            partials: { kind: 'shared-scratch' },
            counters: { kind: 'counters' },
            mostChunks: integer(chunksOf(pages)),
          },
        })
        break
      }
      case 'slice':
      case 'rows':
        push({
          ...simple,
          kernel: node.op.name,
          inputs: [a.id],
          fields: {
            input: tensor(a.id),
            output: tensor(output.id),
            rows: rowsField(output),
            inputWidth: integer(widthOf(a)),
            start: integer(node.op.name === 'slice' ? (attributes.start as number) : 0),
            width: integer(widthOf(output)),
            ...(node.op.name === 'rows' ? { indices: { kind: 'input', name: 'rows' } as const } : {}),
          },
        })
        break
      default:
        throw new OstroError(
          'unsupported',
          `wasm device: op '${node.op.name}' has no kernel here. Use the reference device.`,
        )
    }
  }
  const outputs = new Map(
    [...graph.outputs].map(([name, value]) => [name, { tensor: value.id, rows: rowsOf(value), width: widthOf(value) }]),
  )
  return { steps, hostTasks, hostTensors, outputs }
}

function countUses(graph: Graph): ReadonlyMap<number, number> {
  const uses = new Map<number, number>()
  const count = (id: number) => uses.set(id, (uses.get(id) ?? 0) + 1)
  for (const node of graph.nodes) for (const input of node.inputs) count(input.id)
  for (const output of graph.outputs.values()) count(output.id)
  return uses
}

const rowsOf = (value: Tensor): Dim => value.shape[0] as Dim
const rowsField = (value: Tensor): FieldValue => ({ kind: 'rows', dim: rowsOf(value) })

/** Values per row; a vector is its own width. */
function widthOf(value: Tensor): number {
  const last = value.shape[value.shape.length - 1]
  if (typeof last !== 'number') throw new OstroError('unsupported', `wasm device: ${value.name} has no fixed width`)
  return last
}
