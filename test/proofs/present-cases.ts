/** The real models of the golden set that are on this machine. */
import { realModelOf, realModelPath } from '../support/models.ts'
import { readRealModelCase, realModelCaseFolders } from '../support/real-model-case.ts'
import type { RealModelCase } from '../support/real-model-case.ts'

export interface PresentCase {
  readonly real: RealModelCase
  readonly folder: string
  readonly path: string
}

/** Says on the console which are missing. */
export async function presentCases(): Promise<PresentCase[]> {
  const present: PresentCase[] = []
  for (const folder of realModelCaseFolders()) {
    const real = readRealModelCase(folder)
    const model = realModelOf(real.info.environment)
    const path = model && (await realModelPath(model))
    if (path !== undefined) present.push({ real, folder, path })
  }
  return present
}
