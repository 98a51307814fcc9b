/** All kernels by key; a module is emitted with just those that a graph needs. */
import { OstroError } from '../../../util/error.ts'
import type { BlockTypeName } from '../../../quant/block-type.ts'
import type { FunctionBuilder, ModuleBuilder } from '../asm/module.ts'
import { panelFormats } from '../panel.ts'
import type { StepFields } from '../step-layout.ts'
import type { ChunkShape } from '../chunk-state.ts'
import { emitAttention, emitStoreKeysValues } from './attention-kernels.ts'
import { attentionFields } from './attention.ts'
import type { CacheType } from './attention.ts'
import { emitGroupedSlots, emitOrderedSlots, groupedSlotFields, orderedSlotFields } from './capped-route.ts'
import type { GroupedSlotsOptions, SecondKind } from './capped-route.ts'
import { emitKeepKeys, keepKeysFields } from './chunk-keys.ts'
import { convCausalFields, emitConvCausal } from './conv-causal.ts'
import { combineFields, emitCombineExperts } from './combine-experts.ts'
import * as elementwise from './elementwise.ts'
import { emitExpertGroups, groupFields } from './expert-groups.ts'
import { expertMatmulFields, expertPanels } from './expert-loop.ts'
import { emitByteMatmul } from './matmul-byte.ts'
import { emitFloatMatmul } from './matmul-float.ts'
import { emitIntegerMatmul } from './matmul-integer.ts'
import { densePanels, matmulFields } from './matmul-loop.ts'
import type { PanelWalk } from './matmul-loop.ts'
import { emitLayerNorm, emitRmsNorm, normFields } from './norm.ts'
import { emitQuantize, quantizeFields } from './quantize.ts'
import type { KeySharing } from '../../../tensor/ops/gated-delta.ts'
import { emitGatedDelta, gatedDeltaFields } from './gated-delta.ts'
import { deltaScoreFields, emitDeltaScores } from './gated-delta-scores.ts'
import { emitRgLruGates, emitRgLruScan, rgLruGateFields, rgLruScanFields } from './rg-lru.ts'
import { emitRope, ropeFields } from './rope.ts'
import { emitSelectiveScan, selectiveScanFields } from './selective-scan.ts'
import { emitRoute, routeFields } from './route.ts'
import { emitSoftmax, softmaxFields } from './softmax.ts'
import { emitSsd, ssdFields } from './ssd.ts'
import { emitSsdScores, ssdScoreFields } from './ssd-scores.ts'
import type { ScoresShape } from './ssd-scores.ts'
import type { ActivationKind } from './vector-math.ts'
import { activations } from './vector-math.ts'

export interface Kernel {
  readonly fields: StepFields<string>
  readonly emit: (module: ModuleBuilder) => FunctionBuilder
}

/** @throws OstroError `unsupported` for a key that no kernel has */
export function kernelFor(key: string): Kernel {
  const [kind = '', first = '', second, third, fourth, fifth, sixth] = key.split(':')
  const { elementwiseFields, copyFields } = elementwise
  switch (kind) {
    case 'matmul':
      return {
        fields: matmulFields,
        emit: (module) => {
          const additions = { bias: second === 'bias', addend: second === 'add' || third === 'add' }
          return emitMatmul(module, key, first as BlockTypeName, densePanels(additions))
        },
      }
    case 'matmul-experts':
      return {
        fields: expertMatmulFields,
        emit: (module) => emitMatmul(module, key, first as BlockTypeName, expertPanels(second === 'bias')),
      }
    case 'route':
      return { fields: routeFields, emit: (module) => emitRoute(module, first === 'renormalise') }
    case 'ordered-slots':
      return { fields: orderedSlotFields, emit: emitOrderedSlots }
    case 'grouped-slots':
      return {
        fields: groupedSlotFields,
        emit: (module) =>
          emitGroupedSlots(module, key, {
            renormalise: first as GroupedSlotsOptions['renormalise'],
            second: second as SecondKind,
            priority: third as GroupedSlotsOptions['priority'],
            refusedTakesSlot: fourth === 'refused',
          }),
      }
    case 'expert-groups':
      return { fields: groupFields, emit: emitExpertGroups }
    case 'combine-experts':
      return { fields: combineFields, emit: emitCombineExperts }
    case 'quantize':
      return { fields: quantizeFields, emit: (module) => emitQuantize(module, first as 'integer' | 'byte') }
    case 'add':
      return { fields: elementwiseFields, emit: elementwise.emitAdd }
    case 'multiply':
      return { fields: elementwiseFields, emit: elementwise.emitMultiply }
    case 'scale':
      return { fields: elementwiseFields, emit: elementwise.emitScale }
    case 'softcap':
      return { fields: elementwiseFields, emit: elementwise.emitSoftcap }
    case 'clamp':
      return { fields: elementwiseFields, emit: elementwise.emitClamp }
    case 'scale-rows':
      return { fields: elementwiseFields, emit: elementwise.emitScaleRows }
    case 'activation':
      return { fields: elementwiseFields, emit: (module) => elementwise.emitActivation(module, activationKind(first)) }
    case 'glu':
      return { fields: elementwiseFields, emit: (module) => elementwise.emitGlu(module, activationKind(first)) }
    case 'broadcast':
      return {
        fields: elementwiseFields,
        emit: (module) => elementwise.emitBroadcast(module, first as 'add' | 'multiply'),
      }
    case 'slice':
    case 'rows':
      return { fields: copyFields, emit: (module) => elementwise.emitCopyRows(module, kind === 'rows') }
    case 'rms-norm':
      return { fields: normFields, emit: emitRmsNorm }
    case 'layer-norm':
      return { fields: normFields, emit: emitLayerNorm }
    case 'gated-delta-scores':
      return {
        fields: deltaScoreFields,
        emit: (module) => emitDeltaScores(module, Number(first), scoresShape([second, third, fourth])),
      }
    case 'gated-delta':
      return {
        fields: gatedDeltaFields,
        emit: (module) => {
          const sizes = chunkSizes([first, second, third, fourth, fifth])
          return emitGatedDelta(module, { ...sizes, sharing: sixth as KeySharing, channelsFirst: false })
        },
      }
    case 'rg-lru-gates':
      return { fields: rgLruGateFields, emit: emitRgLruGates }
    case 'rg-lru-scan':
      return { fields: rgLruScanFields, emit: emitRgLruScan }
    case 'rope':
      return { fields: ropeFields, emit: (module) => emitRope(module, first as 'neox' | 'interleaved') }
    case 'conv-causal':
      return {
        fields: convCausalFields,
        emit: (module) =>
          emitConvCausal(module, { kernel: Number(first), rest: Number(second), silu: third === 'silu' }),
      }
    case 'selective-scan':
      return {
        fields: selectiveScanFields,
        emit: (module) => emitSelectiveScan(module, { stateSize: Number(first), rest: Number(second) }),
      }
    case 'softmax':
      return { fields: softmaxFields, emit: emitSoftmax }
    case 'ssd-scores':
      return {
        fields: ssdScoreFields,
        emit: (module) => emitSsdScores(module, Number(first), scoresShape([second, third, fourth])),
      }
    case 'ssd':
      return {
        fields: ssdFields,
        emit: (module) => {
          const sizes = chunkSizes([first, second, third, fourth, fifth])
          return emitSsd(module, { ...sizes, sharing: 'grouped', channelsFirst: true })
        },
      }
    case 'keep-keys':
      return { fields: keepKeysFields, emit: (module) => emitKeepKeys(module, Number(first), Number(second)) }
    case 'store-keys-values':
      return {
        fields: attentionFields,
        emit: (module) => emitStoreKeysValues(module, first as CacheType, Number(second)),
      }
    case 'attention':
      return {
        fields: attentionFields,
        emit: (module) => emitAttention(module, first as CacheType, Number(second), third === 'biased'),
      }
    default:
      throw new OstroError('unsupported', `wasm device: no kernel '${key}'`)
  }
}

function scoresShape(parts: readonly (string | undefined)[]): ScoresShape {
  const [heads, groups, chunkTokens] = parts.map(Number) as [number, number, number]
  return { heads, groups, chunkTokens }
}

function chunkSizes(parts: readonly (string | undefined)[]): Omit<ChunkShape, 'sharing' | 'channelsFirst'> {
  const [stateSize, headDim, heads, groups, chunkTokens] = parts.map(Number) as [number, number, number, number, number]
  return { stateSize, headDim, heads, groups, chunkTokens }
}

function emitMatmul(module: ModuleBuilder, key: string, type: BlockTypeName, walk: PanelWalk): FunctionBuilder {
  const format = panelFormats[type]
  switch (format?.kind) {
    case 'integer':
      return emitIntegerMatmul(module, key, format, walk)
    case 'byte':
      return emitByteMatmul(module, key, format, walk)
    case 'float':
      return emitFloatMatmul(module, key, format, walk)
    case undefined:
      throw new OstroError('unsupported', `wasm device: no panel format for ${type}`)
  }
}

function activationKind(name: string): ActivationKind {
  if (name in activations) return name as ActivationKind
  throw new OstroError('unsupported', `wasm device: no kernel for activation '${name}'. Use the reference device.`)
}
