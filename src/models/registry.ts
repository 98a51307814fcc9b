/** All architectures; a new one is one file and one line here. */
import type { Architecture } from './architecture.ts'
import { llama } from './llama.ts'

export const architectures: readonly Architecture[] = [llama]
