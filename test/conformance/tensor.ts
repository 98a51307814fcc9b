/** The part of the tensor folder that the tables use, with the ops under one name. */
export { constantSource, Graph, pageTokens } from '../../src/tensor/index.ts'
export type { Batch, Device, LoadOptions, Program, Tensor, WeightSource, WeightType } from '../../src/tensor/index.ts'
export * as ops from '../../src/tensor/ops/index.ts'
