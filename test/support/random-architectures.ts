/**
 * A tiny model of random weights for each architecture that the golden set has a case of: its shapes are those of the case, and each
 * weight is the case's times a random factor, so that what must be negative or small stays so.
 */
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { architectures } from '../../src/models/index.ts'
import type { OpenedModel } from '../../src/models/index.ts'
import type { WeightSource } from '../../src/tensor/index.ts'
import { mappedSource } from '../../src/tensor/weight-source.ts'
import { createRandom } from '../../src/util/random.ts'
import { openGoldenSafetensors, readJson } from '../golden-suite/support.ts'
import { goldenRoot } from './golden.ts'

export interface RandomModel {
  readonly name: string
  readonly open: (seed: number) => Promise<OpenedModel>
}

/** Tokens that the caller wants to use, for models whose positions are stretched by it. */
const context = 256

export function randomModels(): readonly RandomModel[] {
  return knownCheckpoints().map((folder) => ({
    name: basename(folder),
    async open(seed) {
      const model = await openGoldenSafetensors(folder, 'config.json', context)
      const weights = [...model.weights].map(([name, source], index) => [name, shaken(source, seed, index)] as const)
      return { ...model, weights: new Map(weights) }
    },
  }))
}

/** Folders of the golden cases that are a checkpoint of an architecture in the registry. */
export function knownCheckpoints(): readonly string[] {
  return readJson<{ folder: string }[]>(join(goldenRoot, 'index.json'))
    .map(({ folder }) => join(goldenRoot, folder))
    .filter((folder) => ['config.json', 'model.safetensors'].every((file) => existsSync(join(folder, file))))
    .filter((folder) => isKnown(readJson(join(folder, 'config.json'))))
}

/** A set may be ahead of the registry. */
function isKnown({ model_type: type, architectures: classes }: HfConfig): boolean {
  return architectures.some(
    ({ names }) =>
      (type !== undefined && names.hf.includes(type)) || names.hfClasses.some((name) => classes?.[0] === name),
  )
}

interface HfConfig {
  readonly model_type?: string
  readonly architectures?: readonly string[]
}

/** Each value times a factor from 0.5 to 1.5. */
function shaken(source: WeightSource, seed: number, index: number): WeightSource {
  const random = createRandom(seed * 2 ** 32 + index)
  return mappedSource(source, (value) => Math.fround(value * (0.5 + random.float())))
}
