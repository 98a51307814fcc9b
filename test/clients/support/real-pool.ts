/** Loaded models for the tests of clients: three of random weights, and SmolLM2 where this machine has it. */
import { load } from '../../../src/index.ts'
import { createModelPool } from '../../../src/server/model-pool.ts'
import type { ModelPool } from '../../../src/server/served-model.ts'
import { realModelPath } from '../../support/models.ts'
import { writeRandomModels } from '../../support/random-models.ts'

/** Those of random weights: a base model, one behind a plain template, and one whose template knows tools. */
export const randomModels = ['base', 'plain', 'tools'] as const

/** Writes the random models into `folder`. */
export async function realPool(folder: string): Promise<ModelPool> {
  const smollm2 = await realModelPath('smollm2')
  const paths: Record<string, string> = { ...(await writeRandomModels(folder)), ...(smollm2 && { smollm2 }) }
  return createModelPool({
    defaultModel: 'plain',
    entries: async () =>
      Object.keys(paths).map((id) => ({ id, aliases: [], sizeBytes: 0, created: 1_700_000_000, licence: undefined })),
    load: (id) => load(paths[id], { threads: id === 'smollm2' ? 2 : 1, context: 4096 }),
  })
}
