/** The reference device: runs a graph node by node in plain TypeScript. Slow and obvious; every other device is tested against it. */
import type { Batch, Device, LoadOptions, Program, WeightSource } from '../../tensor/device.ts'
import type { Graph, InputName, Tensor } from '../../tensor/graph.ts'
import type { Operand } from '../../tensor/op.ts'
import { countElements, resolveShape } from '../../tensor/shape.ts'
import { countSlots, measureStates, placeStates } from '../../tensor/state-slots.ts'
import { checkTaps } from '../../tensor/taps.ts'
import { readValues } from '../../tensor/weight-source.ts'
import { OstroError } from '../../util/error.ts'
import { createPages } from './cache-pages.ts'

/** A device without state of its own. Keeps weights and caches as f32. */
export function createReferenceDevice(): Device {
  return {
    name: 'reference',
    load: loadProgram,
    [Symbol.asyncDispose]: async () => {},
  }
}

async function loadProgram(
  graph: Graph,
  sources: ReadonlyMap<string, WeightSource>,
  options: LoadOptions,
): Promise<Program> {
  if (options.cache.type !== 'f32') {
    throw new OstroError('unsupported', `reference device: caches are f32, got '${options.cache.type}'. Use 'f32'.`)
  }
  const weights = await decodeWeights(graph, sources, options)
  const pages = createPages(graph.caches, options)
  const slots = countSlots(options)
  const states = placeStates(graph.states, slots, new Float32Array(slots * measureStates(graph.states).length))
  const stateOf = graph.states.map((_, state) => (sequence: number) => states.view(state, sequence))
  const made = new Set(graph.nodes.map(({ output }) => output.id))
  return {
    caches: pages,
    states,
    notices: [],
    bytes: {
      weights: [...weights.values()].reduce((sum, { data }) => sum + data.byteLength, 0),
      arena: 0,
      cache: pages.sizeBytes + slots * states.slotBytes,
    },
    makes: (tensor) => made.has(tensor),
    run(batch, taps = []) {
      checkBatch(batch, options)
      checkTaps(taps, (tensor) => made.has(tensor))
      const symbols = { T: batch.tokens.length, R: batch.rows.length }
      const operands = new Map<number, Operand>(weights)
      for (const tensor of graph.tensors) {
        if (tensor.kind === 'input') operands.set(tensor.id, inputOperand(tensor, batch))
      }
      for (const { op, inputs, attributes, output } of graph.nodes) {
        const shape = resolveShape(output.shape, symbols)
        const data = new Float32Array(countElements(shape))
        op.reference({
          attributes: attributes as never,
          inputs: inputs.map((tensor) => operandOf(operands, tensor)),
          output: { shape, data },
          caches: pages.rows,
          states: stateOf,
          positions: batch.positions,
          sequences: batch.sequences,
        })
        operands.set(output.id, { shape, data })
        for (const { after, tensors, see } of taps) {
          if (after !== output.id) continue
          const seen = tensors.map((id) => operandOf(operands, graph.tensors[id]).data)
          see(seen as Float32Array[])
        }
      }
      const results = new Map<string, Float32Array>()
      for (const [name, tensor] of graph.outputs) results.set(name, operandOf(operands, tensor).data as Float32Array)
      return results
    },
  }
}

async function decodeWeights(
  graph: Graph,
  sources: ReadonlyMap<string, WeightSource>,
  { signal, onProgress }: LoadOptions,
): Promise<Map<number, Operand>> {
  const wanted = graph.tensors.filter((tensor) => tensor.kind === 'weight')
  const found = wanted.map((tensor) => ({ tensor, source: sources.get(tensor.name) ?? missing(tensor.name) }))
  const totalBytes = found.reduce((sum, { source }) => sum + source.sizeBytes, 0)
  const decoded = new Map<number, Operand>()
  let doneBytes = 0
  for (const { tensor, source } of found) {
    if (signal?.aborted) throw new OstroError('aborted', 'reference device: loading was aborted.')
    decoded.set(tensor.id, { shape: source.shape, data: await readValues(source) })
    doneBytes += source.sizeBytes
    onProgress?.(doneBytes, totalBytes)
  }
  return decoded
}

function inputOperand({ name }: Tensor, batch: Batch): Operand {
  const data = batch[name as InputName] ?? (name === 'segments' ? new Int32Array(batch.tokens.length) : undefined)
  if (data !== undefined) return { shape: [data.length], data }
  throw new OstroError('invalid-argument', `run: this model needs '${name}' in the batch.`)
}

function operandOf(operands: ReadonlyMap<number, Operand>, tensor: Tensor): Operand {
  const operand = operands.get(tensor.id)
  if (operand !== undefined) return operand
  throw new OstroError('invalid-argument', `reference device: '${tensor.name}' is used before it is made.`)
}

function missing(name: string): never {
  throw new OstroError('not-found', `reference device: the weights have no tensor '${name}'.`, { tensor: name })
}

function checkBatch({ tokens, positions, sequences, rows }: Batch, { maxTokens, maxRows }: LoadOptions): void {
  const T = tokens.length
  if (T < 1 || T > maxTokens || positions.length !== T || sequences.length !== T) {
    const got = `${T} tokens, ${positions.length} positions, ${sequences.length} sequences`
    throw new OstroError(
      'invalid-argument',
      `run: expected 1 to ${maxTokens} tokens and as many positions and sequences, got ${got}.`,
    )
  }
  if (rows.length > maxRows) {
    throw new OstroError('invalid-argument', `run: expected at most ${maxRows} rows, got ${rows.length}.`)
  }
}
