/** All dialects with a file of their own. */
import type { Dialect } from '../dialect.ts'
import { commandR, commandR7b } from './command-r.ts'
import { deepseek, deepseekBare } from './deepseek.ts'
import { functionGemma } from './function-gemma.ts'
import { functionary31, functionary32 } from './functionary.ts'
import { glm } from './glm.ts'
import { granite } from './granite.ts'
import { harmony } from './harmony.ts'
import { hermes } from './hermes.ts'
import { llamaJson, llamaPythonic } from './llama.ts'
import { mistral, mistralArgs } from './mistral.ts'
import { phi } from './phi.ts'
import { qwenCoder } from './qwen-coder.ts'
import { universal } from './universal.ts'

export const dialects: readonly Dialect[] = [
  hermes,
  qwenCoder,
  llamaJson,
  llamaPythonic,
  mistral,
  mistralArgs,
  functionGemma,
  deepseek,
  deepseekBare,
  functionary31,
  functionary32,
  granite,
  commandR,
  commandR7b,
  phi,
  glm,
  harmony,
  universal,
]
