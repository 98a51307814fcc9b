/** How each op becomes steps; what is not here runs on the reference device only. Matmuls and embeddings are in `lower.ts`. */
import { lowerAttention, lowerMemoryAttention, lowerMemoryStore } from './attention.ts'
import { lowerCappedRoute } from './capped-route.ts'
import type { LowerOp } from './context.ts'
import { lowerCombineExperts, lowerExpertLinear, lowerRoute } from './experts.ts'
import { lowerGatedDelta } from './gated-delta.ts'
import { lowerRgLru } from './rg-lru.ts'
import { lowerConvCausal, lowerSelectiveScan } from './recurrent.ts'
import {
  lowerBinary,
  lowerClamp,
  lowerCopy,
  lowerKind,
  lowerNorm,
  lowerRope,
  lowerScale,
  lowerScaleRows,
  lowerSoftcap,
  lowerSoftmax,
} from './rows.ts'
import { lowerSsd } from './ssd.ts'

export const opLowerings: Readonly<Record<string, LowerOp | undefined>> = {
  activation: lowerKind,
  add: lowerBinary,
  attention: lowerAttention,
  clamp: lowerClamp,
  'capped-route': lowerCappedRoute,
  'combine-experts': lowerCombineExperts,
  'conv-causal': lowerConvCausal,
  'expert-linear': lowerExpertLinear,
  'gated-delta': lowerGatedDelta,
  glu: lowerKind,
  'layer-norm': lowerNorm,
  'memory-attention': lowerMemoryAttention,
  'memory-store': lowerMemoryStore,
  multiply: lowerBinary,
  'rg-lru': lowerRgLru,
  'rms-norm': lowerNorm,
  rope: lowerRope,
  route: lowerRoute,
  rows: lowerCopy,
  scale: lowerScale,
  'scale-rows': lowerScaleRows,
  'selective-scan': lowerSelectiveScan,
  slice: lowerCopy,
  softcap: lowerSoftcap,
  softmax: lowerSoftmax,
  ssd: lowerSsd,
}
