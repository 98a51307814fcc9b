/** How each op becomes steps; what is not here runs on the reference device only. Matmuls and embeddings are in `lower.ts`. */
import { lowerAttention } from './attention.ts'
import type { LowerOp } from './context.ts'
import { lowerRgLru } from './rg-lru.ts'
import { lowerConvCausal, lowerSelectiveScan, lowerSsd } from './recurrent.ts'
import { lowerBinary, lowerCopy, lowerKind, lowerNorm, lowerRope, lowerScale, lowerSoftcap } from './rows.ts'

export const opLowerings: Readonly<Record<string, LowerOp | undefined>> = {
  activation: lowerKind,
  add: lowerBinary,
  attention: lowerAttention,
  'conv-causal': lowerConvCausal,
  glu: lowerKind,
  'layer-norm': lowerNorm,
  multiply: lowerBinary,
  'rg-lru': lowerRgLru,
  'rms-norm': lowerNorm,
  rope: lowerRope,
  rows: lowerCopy,
  scale: lowerScale,
  'selective-scan': lowerSelectiveScan,
  slice: lowerCopy,
  softcap: lowerSoftcap,
  ssd: lowerSsd,
}
