/** Where the real models of the golden set lie on this machine, for tests that skip without them. Node only, tests only. */
import { existsSync } from 'node:fs'
import { resolveModel } from '../../src/hub/index.ts'

export type RealModel = 'smollm2' | 'gemma3' | 'minilm'

/** Name of the golden case's environment variable, and of the model in our catalogue. */
const REAL_MODELS: Readonly<Record<RealModel, { readonly variable: string; readonly name: string }>> = {
  smollm2: { variable: 'GOLDEN_SMOLLM2', name: 'smollm2:135m' },
  gemma3: { variable: 'GOLDEN_GEMMA3', name: 'gemma3:270m-base' },
  minilm: { variable: 'GOLDEN_MINILM', name: 'minilm:l6' },
}

/** Path of the GGUF file or the model's folder: from the environment variable, else from the store; undefined (and a line that says so) where it is in neither. */
export async function realModelPath(model: RealModel): Promise<string | undefined> {
  const { variable, name } = REAL_MODELS[model]
  const fromEnvironment = process.env[variable]
  if (fromEnvironment !== undefined && fromEnvironment !== '') {
    if (existsSync(fromEnvironment)) return fromEnvironment
    throw new Error(`${variable} names ${fromEnvironment}, which does not exist`)
  }
  const pulled = await resolveModel(name)
  if (pulled) return pulled.path
  console.warn(
    `SKIPPED: tests with the real model ${name}. Run "npx ostro pull ${name}" or set ${variable} to its file.`,
  )
  return undefined
}

/** The real model that a golden case's `environment` field means. */
export function realModelOf(environment: string | undefined): RealModel | undefined {
  return (Object.keys(REAL_MODELS) as RealModel[]).find((model) => REAL_MODELS[model].variable === environment)
}
