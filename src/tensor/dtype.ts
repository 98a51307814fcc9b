/**
 * Element types that a graph knows. Activations are `f32` (or `i32` for ids and positions); weights carry the name of the
 * block type they have in the file (`q4_k`), because quantisation is a property of the tensor, not of the model.
 */
import type { BlockTypeName } from '../quant/block-type.ts'

export type ActivationType = 'f32' | 'i32'
export type WeightType = BlockTypeName
