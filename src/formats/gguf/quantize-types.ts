/** Which type each tensor gets when a model is quantised: the rules of llama.cpp, so that its loaders and ours expect the result. */
import type { BlockTypeName } from '../../quant/block-type.ts'
import { blockTypeOf } from '../../quant/index.ts'
import type { GgufTensor } from './gguf-file.ts'

/** What a model can be quantised to, with the number that `general.file_type` has for it. */
export const quantizeTypes = {
  f16: 1, q4_0: 2, q4_1: 3, q8_0: 7, q5_0: 8, q5_1: 9, q4_k: 14, q5_k: 16, q6_k: 18, bf16: 32,
} as const satisfies Partial<Record<BlockTypeName, number>> // prettier-ignore

export type QuantizeType = keyof typeof quantizeTypes

/**
 * Why a tensor has its type: `kept` as it was (vectors, norms, routers, convolutions), `wanted`, `output` (the projection to logits
 * is kept at 6 bits or more), `fallback` (its rows are no whole blocks of the type it should have).
 */
export type QuantizeReason = 'kept' | 'wanted' | 'output' | 'fallback'

export interface TensorChoice {
  readonly type: BlockTypeName
  readonly reason: QuantizeReason
}

/** Small or touchy tensors whose rounding costs more than their bytes save: routers, positions, token types, convolutions, time mixing. */
const keptNames =
  /(_norm|ffn_gate_inp|position_embd|token_types|ssm_conv1d|shortconv\.conv|attn_rel_b|time_mix_\w+)\.weight$/

export function chooseType(tensor: GgufTensor, wanted: QuantizeType, outputName: string): TensorChoice {
  const isMatrix = tensor.shape.length >= 2 && tensor.name.endsWith('.weight')
  if (!isMatrix || keptNames.test(tensor.name)) return { type: tensor.type, reason: 'kept' }
  const columns = tensor.shape[tensor.shape.length - 1]
  const plain = wanted === 'f16' || wanted === 'bf16' || wanted === 'q8_0'
  const target = tensor.name === outputName && !plain ? 'q6_k' : wanted
  const type = fittingType(target, columns)
  if (type !== target) return { type, reason: 'fallback' }
  return { type, reason: target === wanted ? 'wanted' : 'output' }
}

/** The projection to logits: `output.weight`, or the embedding where the model has just one matrix for both. */
export function outputNameOf(tensors: ReadonlyMap<string, GgufTensor>): string {
  return tensors.has('output.weight') ? 'output.weight' : 'token_embd.weight'
}

/** Blocks of 256 give way to the next larger type with blocks of 32, and those to f16. */
const smallerBlocks: Partial<Record<BlockTypeName, BlockTypeName>> = { q4_k: 'q5_0', q5_k: 'q5_1', q6_k: 'q8_0' }

function fittingType(type: BlockTypeName, columns: number): BlockTypeName {
  if (columns % blockTypeOf(type).blockLength === 0) return type
  const smaller = smallerBlocks[type]
  return smaller === undefined ? 'f16' : fittingType(smaller, columns)
}
