/** A model of an architecture small enough for a page: seeded weights, and a run that keeps what every step gave. */
import { createReferenceDevice } from '../devices/reference/index.ts'
import type { Architecture, ModelConfig } from '../models/architecture.ts'
import { inverseFrequencies } from '../models/blocks/rope.ts'
import { fieldsOfObject } from '../models/config-fields.ts'
import type { Weights } from '../models/weights.ts'
import { Graph } from '../tensor/graph.ts'
import type { GraphNode, Tensor } from '../tensor/graph.ts'
import { countElements, resolveShape } from '../tensor/shape.ts'
import type { Program, WeightSource } from '../tensor/device.ts'
import { constantSource } from '../tensor/weight-source.ts'
import { createRandom } from '../util/random.ts'
import { tinyConfig } from './architecture-notes.ts'
import type { ArchitectureNote } from './architecture-notes.ts'

export interface TinyModel {
  readonly config: ModelConfig
  readonly graph: Graph
  /** Reads the source; without nodes where the architecture has no encoder. */
  readonly encoder: Graph
  /** Parameters by GGUF name, without what is computed from the configuration. */
  readonly parameters: ReadonlyMap<string, readonly number[]>
}

export interface TracedStep {
  readonly node: GraphNode
  readonly shape: readonly number[]
  readonly values: Float32Array
}

/** Ids of the tokens that the pages follow. */
export const exampleTokens: readonly number[] = [3, 7, 5]

const vocabulary = 16

export function writeTinyModel(
  architecture: Architecture,
  note: ArchitectureNote,
): { readonly model: TinyModel; readonly trace: () => Promise<TracedStep[]> } {
  const type = architecture.names.hf[0]
  const fields = { ...tinyConfig, model_type: type, ...note.config }
  const config = architecture.configFromHf(fieldsOfObject(`the tiny ${type}`, fields))
  const graph = new Graph()
  const encoder = new Graph()
  const sources = new Map<string, WeightSource>()
  const computed = Object.entries(architecture.ropes(config)).map(([name, rope]) => {
    return constantSource(name, inverseFrequencies(rope, config.contextLength))
  })
  for (const source of computed) sources.set(source.name, source)
  const weightsFor = (g: Graph): Weights => inventWeights(g, sources, config.width, note.tensors ?? [])
  architecture.forwardEncoder?.(encoder, weightsFor(encoder), config, {})
  architecture.forward(graph, weightsFor(graph), config, {})
  const names = new Set(computed.map(({ name }) => name))
  const parameters = new Map(
    [...sources].filter(([name]) => !names.has(name)).map(([name, { shape }]) => [name, shape]),
  )
  const trace = async (): Promise<TracedStep[]> => {
    if (architecture.forwardEncoder === undefined) return (await traceRun(graph, sources)).steps
    const read = await traceRun(encoder, sources)
    const written = await traceRun(graph, sources, read.program)
    return [...read.steps, ...written.steps]
  }
  return { model: { config, graph, encoder, parameters }, trace }
}

/** Answers whatever `forward` asks for, with seeded values of the size that training starts from. */
function inventWeights(
  g: Graph,
  sources: Map<string, WeightSource>,
  width: number,
  present: readonly RegExp[],
): Weights {
  const random = createRandom(5)
  const known = new Map<string, Tensor>()
  const tensor = (name: string, shape: readonly number[]): Tensor => {
    const source = sources.get(name) ?? constantSource(name, inventValues(name, shape, random.float), shape)
    sources.set(name, source)
    const made = known.get(name) ?? g.weight(name, shape, 'f32')
    known.set(name, made)
    return made
  }
  const isPresent = (name: string): boolean => present.some((pattern) => pattern.test(name))
  const scoped = (prefix: string): Weights => ({
    tensor: (name, shape) => tensor(prefix + name, shape),
    has: (name) => isPresent(prefix + name),
    optional: (name, shape) => (isPresent(prefix + name) ? tensor(prefix + name, shape) : undefined),
    shapeOf: () => [vocabulary, width],
    scope: (inner) => scoped(prefix + inner),
  })
  return scoped('')
}

function inventValues(name: string, shape: readonly number[], random: () => number): Float32Array {
  const count = countElements(shape)
  if (name.endsWith('norm.weight')) return new Float32Array(count).fill(1)
  // The rates of a state: A_n = -n, as Mamba starts.
  const last = shape.at(-1) ?? 1
  if (name.endsWith('ssm_a')) return Float32Array.from({ length: count }, (_, index) => -1 - (index % last))
  const spread = shape.length > 1 ? 1 / Math.sqrt(last) : 0.1
  return Float32Array.from({ length: count }, () => (random() * 2 - 1) * Math.sqrt(3) * spread)
}

/** `reader`: a program that has stored what this one attends to. */
async function traceRun(
  graph: Graph,
  sources: ReadonlyMap<string, WeightSource>,
  reader?: Program,
): Promise<{ readonly program: Program; readonly steps: TracedStep[] }> {
  const T = exampleTokens.length
  graph.nodes.forEach((node, index) => graph.output(`step ${index}`, node.output))
  await using device = createReferenceDevice()
  const program = await device.load(graph, sources, {
    maxTokens: T,
    maxRows: 1,
    cache: { pages: 1, sequences: 1, type: 'f32' },
  })
  program.caches.groups.forEach(({ memory }, group) => {
    program.caches.setPage(group, 0, 0, 0)
    const stored = reader?.caches.groups.findIndex((other) => other.memory) ?? -1
    if (memory && reader !== undefined && stored >= 0) {
      program.caches.writePage(group, 0, reader.caches.readPage(stored, 0))
    }
  })
  const outputs = program.run({
    tokens: Int32Array.from(exampleTokens),
    positions: Int32Array.from({ length: T }, (_, t) => t),
    sequences: new Int32Array(T),
    rows: Int32Array.of(T - 1),
    lasts: new Int32Array(T).fill(T - 1),
  })
  const steps = graph.nodes.map((node, index) => ({
    node,
    shape: resolveShape(node.output.shape, { T, R: 1 }),
    values: (outputs.get(`step ${index}`) ?? new Float32Array()).slice(),
  }))
  return { program, steps }
}
