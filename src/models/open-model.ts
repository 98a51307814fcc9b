/** From the tensors of a file and its configuration to a model that can write its graph. */
import type { WeightSource } from '../tensor/device.ts'
import { Graph } from '../tensor/graph.ts'
import { constantSource, mappedSource, readValues } from '../tensor/weight-source.ts'
import { OstroError } from '../util/error.ts'
import type { Architecture, ForwardOptions, ModelConfig } from './architecture.ts'
import { inverseFrequencies } from './blocks/rope.ts'
import type { RopeTensors } from './blocks/rope.ts'
import { fieldsOfMap, fieldsOfObject, optionalString, refuseField } from './config-fields.ts'
import type { ConfigFields } from './config-fields.ts'
import { architectures } from './registry.ts'
import { weightsOf } from './weights.ts'

/** What the readers of `formats` give: a GGUF file, or safetensors beside a parsed config.json. */
export type ModelFiles =
  | {
      readonly format: 'gguf'
      readonly metadata: ReadonlyMap<string, unknown>
      readonly tensors: ReadonlyMap<string, WeightSource>
    }
  | {
      readonly format: 'safetensors'
      readonly config: Readonly<Record<string, unknown>>
      readonly tensors: ReadonlyMap<string, WeightSource>
    }

export interface OpenOptions {
  /** Tokens that the caller wants to use; chooses between the two sets of LongRoPE. Default the model's context length. */
  readonly context?: number
}

export interface OpenedModel {
  readonly architecture: Architecture
  readonly config: ModelConfig
  /** By GGUF name, with the constants that the graph needs. */
  readonly weights: ReadonlyMap<string, WeightSource>
  /** Writes the graph; the same for all batch sizes. @throws OstroError `invalid-file` naming the tensor that does not fit. */
  readonly graph: (options?: ForwardOptions) => Graph
  /** Encoder-decoders only: `graph` is then that of the decoder. */
  readonly encoderGraph: ((options?: ForwardOptions) => Graph) | undefined
}

/**
 * Chooses the architecture, reads its configuration and maps the tensors to GGUF names. Reads no large tensor.
 *
 * @throws OstroError `unsupported` for an architecture that the registry does not have, `invalid-file` for a bad configuration
 */
export async function openModel(files: ModelFiles, options: OpenOptions = {}): Promise<OpenedModel> {
  const { architecture, config } = files.format === 'gguf' ? configureGguf(files.metadata) : configureHf(files.config)
  const named = files.format === 'gguf' ? new Map(files.tensors) : renameTensors(files.tensors, architecture)
  const weights = architecture.adaptWeights?.(named, config, files.format) ?? named
  const ropeTensors = await readRopeTensors(weights)
  for (const [name, rope] of Object.entries(architecture.ropes(config))) {
    const frequencies = inverseFrequencies(rope, options.context ?? config.contextLength, ropeTensors)
    weights.set(name, constantSource(name, frequencies))
  }
  const graph = (forward: ForwardOptions = {}): Graph => {
    const g = new Graph()
    architecture.forward(g, weightsOf(g, weights), config, forward)
    return g
  }
  const encoderGraph = (forward: ForwardOptions = {}): Graph => {
    const g = new Graph()
    architecture.forwardEncoder?.(g, weightsOf(g, weights), config, forward)
    return g
  }
  return {
    architecture,
    config,
    weights,
    graph,
    encoderGraph: architecture.forwardEncoder === undefined ? undefined : encoderGraph,
  }
}

interface Configured {
  readonly architecture: Architecture
  readonly config: ModelConfig
}

function configureGguf(metadata: ReadonlyMap<string, unknown>): Configured {
  const fields = fieldsOfMap('GGUF metadata', metadata)
  const key = 'general.architecture'
  const name = optionalString(fields, key) ?? refuseField(fields, key, 'the name of an architecture', undefined)
  const architecture = findArchitecture(fields, ({ gguf }) => gguf.includes(name)) ?? unknownArchitecture(fields, name)
  return { architecture, config: architecture.configFromGguf(fields) }
}

function configureHf(config: Readonly<Record<string, unknown>>): Configured {
  const fields = fieldsOfObject('config.json', config)
  const architecture = architectureOfHf(fields)
  return { architecture, config: architecture.configFromHf(fields) }
}

/** @throws OstroError `unsupported` for an architecture that the registry does not have */
export function architectureOfHf(fields: ConfigFields): Architecture {
  const classes = fields.get('architectures')
  const type = optionalString(fields, 'model_type')
  const byType = findArchitecture(fields, ({ hf }) => type !== undefined && hf.includes(type))
  if (byType !== undefined) return byType
  const className: unknown = Array.isArray(classes) ? classes[0] : undefined
  const byClass = findArchitecture(fields, ({ hfClasses }) => hfClasses.some((known) => known === className))
  if (byClass !== undefined) return byClass
  if (type === undefined && className === undefined)
    refuseField(fields, 'model_type', 'the name of an architecture', undefined)
  return unknownArchitecture(fields, type ?? String(className))
}

function findArchitecture(
  fields: ConfigFields,
  isNamed: (names: Architecture['names']) => boolean,
): Architecture | undefined {
  return architectures.find((architecture) => isNamed(architecture.names) && architecture.accepts?.(fields) !== false)
}

function unknownArchitecture(fields: ConfigFields, name: string): never {
  const known = [...new Set(architectures.flatMap(({ names }) => [...names.gguf, ...names.hf]))].join(', ')
  const message = `${fields.source}: architecture '${name.slice(0, 80)}' is not known here. Known are ${known}.`
  throw new OstroError('unsupported', message, { architecture: name })
}

/** Hugging Face names to GGUF names; tensors without one (vision towers, buffers of old files) are left out. */
function renameTensors(
  tensors: ReadonlyMap<string, WeightSource>,
  { hfTensors, hfNormsMinusOne }: Architecture,
): Map<string, WeightSource> {
  const patterns = new Map<string, string>(hfTensors)
  const renamed = new Map<string, WeightSource>()
  for (const [hfName, source] of tensors) {
    const layer = /\.(?:layers?|blocks?)\.(\d+)\./.exec(hfName)?.[1] ?? ''
    const expert = /\.experts\.(?:expert_)?(\d+)\./.exec(hfName)?.[1] ?? ''
    const generic = hfName
      .replace('language_model.', '')
      .replace(/(\.(?:layers?|blocks?))\.\d+\./, '$1.#.')
      .replace(/\.experts\.(?:expert_)?\d+\./, '.experts.*.')
    const [base, suffix = ''] = generic.split(/(\.(?:weight|bias))$/)
    const pattern = patterns.get(base)
    if (pattern === undefined) continue
    const name = pattern.replace('#', layer).replace('*', expert) + suffix
    const named: WeightSource = { ...source, name }
    const minusOne = hfNormsMinusOne === true && name.endsWith('norm.weight')
    renamed.set(name, minusOne ? mappedSource(named, (value) => value + 1) : named)
  }
  return renamed
}

async function readRopeTensors(weights: ReadonlyMap<string, WeightSource>): Promise<RopeTensors> {
  const read = async (name: string): Promise<Float32Array | undefined> => {
    const source = weights.get(name)
    if (source === undefined) return undefined
    if (source.shape.length !== 1 || source.sizeBytes > 2 ** 20) {
      const message = `tensor '${name}': expected a short vector, got [${source.shape.join(', ')}].`
      throw new OstroError('invalid-file', message, { tensor: name })
    }
    return readValues(source)
  }
  return {
    factors: await read('rope_freqs.weight'),
    shortFactors: await read('rope_factors_short.weight'),
    longFactors: await read('rope_factors_long.weight'),
  }
}
