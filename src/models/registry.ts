/** All architectures; a new one is one file and one line here. */
import type { Architecture } from './architecture.ts'
import { bert } from './bert.ts'
import { falconH1 } from './falcon-h1.ts'
import { dbrx } from './dbrx.ts'
import { ernie45 } from './ernie4-5.ts'
import { gemma } from './gemma.ts'
import { gemma2 } from './gemma2.ts'
import { gemma3 } from './gemma3.ts'
import { glm4 } from './glm4.ts'
import { granite } from './granite.ts'
import { grok } from './grok.ts'
import { hawk } from './hawk.ts'
import { jamba } from './jamba.ts'
import { lfm2 } from './lfm2.ts'
import { llama } from './llama.ts'
import { mamba } from './mamba.ts'
import { mamba2 } from './mamba2.ts'
import { m2m100 } from './m2m100.ts'
import { marian } from './marian.ts'
import { mistral } from './mistral.ts'
import { mixtral } from './mixtral.ts'
import { nllbMoe } from './nllb-moe.ts'
import { olmo2 } from './olmo2.ts'
import { phi3 } from './phi3.ts'
import { qwen2Moe } from './qwen2-moe.ts'
import { qwen2 } from './qwen2.ts'
import { qwen3Moe } from './qwen3-moe.ts'
import { qwen3 } from './qwen3.ts'
import { qwen35Moe } from './qwen3-5-moe.ts'
import { qwen35 } from './qwen3-5.ts'
import { qwen3Next } from './qwen3-next.ts'
import { recurrentGemma } from './recurrent-gemma.ts'
import { seedOss } from './seed-oss.ts'
import { smolLm3 } from './smollm3.ts'
import { switchTransformers } from './switch-transformers.ts'
import { t5 } from './t5.ts'

export const architectures: readonly Architecture[] = [
  llama,
  qwen2,
  qwen3,
  mistral,
  mixtral,
  qwen2Moe,
  qwen3Moe,
  dbrx,
  grok,
  gemma,
  gemma2,
  gemma3,
  phi3,
  olmo2,
  smolLm3,
  granite,
  glm4,
  ernie45,
  seedOss,
  mamba,
  mamba2,
  falconH1,
  jamba,
  lfm2,
  qwen3Next,
  qwen35,
  qwen35Moe,
  hawk,
  recurrentGemma,
  bert,
  t5,
  switchTransformers,
  nllbMoe,
  marian,
  m2m100,
]
