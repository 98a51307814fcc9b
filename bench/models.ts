/** The model files that are measured: two real ones, and random ones of public shapes that are written on first use. */
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openGguf } from '../src/formats/gguf/open-gguf.node.ts'
import { type GeneratedType, generateModel } from '../test/support/generate-model.ts'
import { type ModelShapeName, modelShapes } from '../test/support/model-shapes.ts'

export interface BenchModel {
  readonly name: string
  readonly path: string
  /** Weight bytes that one decoded token has to read: all but an embedding that is not the output projection too. */
  readonly bytesPerToken: number
}

/** Folder with `smollm2.gguf` and `gemma3.gguf`; without, the models that `ostro pull` stored. */
const folder = process.env['OSTRO_BENCH_MODELS']
const realNames = { smollm2: 'smollm2:135m', gemma3: 'gemma3:270m-base' } as const

export async function realModels(): Promise<BenchModel[]> {
  const models: BenchModel[] = []
  for (const [file, name] of Object.entries(realNames)) {
    const path = folder === undefined ? await storedPath(name) : join(folder, `${file}.gguf`)
    models.push(await described(name, path))
  }
  return models
}

/** One random model, generated into the system's temporary folder and kept there. */
export async function shapedModel(shape: ModelShapeName, type: GeneratedType): Promise<BenchModel> {
  const home = join(tmpdir(), 'ostro-bench-models')
  await mkdir(home, { recursive: true })
  const path = join(home, `${shape}-${type}.gguf`)
  if (!existsSync(path)) await generateModel(path, { shape, type })
  return described(`${shape} ${type}`, path)
}

const isDense = (name: ModelShapeName): boolean => !('experts' in modelShapes[name])
export const shapeNames = (Object.keys(modelShapes) as ModelShapeName[]).filter(isDense)
export const shapeTypes: readonly GeneratedType[] = ['q4_0', 'q4_k', 'q8_0']
/** Weights of 16 bits, as in safetensors; of the smallest shape, or the files would fill the memory. */
export const floatTypes: readonly GeneratedType[] = ['f16', 'bf16']
export const floatShape = 'smollm2-135m' satisfies ModelShapeName

/** The hub is imported only here, so that given files need none of it. */
async function storedPath(name: string): Promise<string> {
  const { pull } = await import('../src/hub/index.ts')
  return (await pull(name)).path
}

async function described(name: string, path: string): Promise<BenchModel> {
  const file = await openGguf(path)
  try {
    const tensors = [...file.tensors.values()]
    const untied = tensors.some((tensor) => tensor.name === 'output.weight')
    const read = tensors.filter((tensor) => !untied || tensor.name !== 'token_embd.weight')
    const share = shareOfExperts(file.metadata)
    const bytesOf = (tensor: { readonly name: string; readonly sizeBytes: number }) =>
      tensor.sizeBytes * (tensor.name.includes('_exps.') ? share : 1)
    return { name, path, bytesPerToken: read.reduce((sum, tensor) => sum + bytesOf(tensor), 0) }
  } finally {
    await file.close()
  }
}

/** The part of a mixture's experts that one token reads. */
function shareOfExperts(metadata: ReadonlyMap<string, unknown>): number {
  const name = String(metadata.get('general.architecture'))
  const [used, all] = ['expert_used_count', 'expert_count'].map((key) => Number(metadata.get(`${name}.${key}`) ?? 1))
  return used / all
}

/** Token ids that are the same in every run and avoid the control tokens at the start of a vocabulary. */
export function promptTokens(count: number): number[] {
  return Array.from({ length: count }, (_, index) => 1000 + ((index * 7919) % 30_000))
}
