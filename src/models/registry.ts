/** All architectures; a new one is one file and one line here. */
import type { Architecture } from './architecture.ts'
import { bert } from './bert.ts'
import { gemma } from './gemma.ts'
import { gemma2 } from './gemma2.ts'
import { gemma3 } from './gemma3.ts'
import { hawk } from './hawk.ts'
import { llama } from './llama.ts'
import { mamba } from './mamba.ts'
import { mamba2 } from './mamba2.ts'
import { mistral } from './mistral.ts'
import { mixtral } from './mixtral.ts'
import { olmo2 } from './olmo2.ts'
import { phi3 } from './phi3.ts'
import { qwen2 } from './qwen2.ts'
import { qwen3 } from './qwen3.ts'
import { recurrentGemma } from './recurrent-gemma.ts'

export const architectures: readonly Architecture[] = [
  llama,
  qwen2,
  qwen3,
  mistral,
  mixtral,
  gemma,
  gemma2,
  gemma3,
  phi3,
  olmo2,
  mamba,
  mamba2,
  hawk,
  recurrentGemma,
  bert,
]
