/** Graphs: the builder that models write to, the ops, the memory plan, and the contract of devices. */
export { groupCaches } from './cache-groups.ts'
export type { CacheGroup } from './cache-groups.ts'
export { pageTokens } from './device.ts'
export type {
  AttendingQuery,
  Batch,
  CachePages,
  Device,
  LoadOptions,
  Program,
  StateSlots,
  WeightSource,
  WeightUse,
} from './device.ts'
export type { ActivationType, WeightType } from './dtype.ts'
export { describeGraph, planGraph } from './graph-plan.ts'
export { Graph } from './graph.ts'
export type { CacheSpec, Dim, GraphNode, InputName, Shape, StateSpec, Tensor } from './graph.ts'
export type { OpDefinition, Operand, ReferenceCache, ReferenceRun } from './op.ts'
export * from './ops/index.ts'
export { describeMemory, planMemory } from './plan.ts'
export type { MemoryPlan, PlannedBlock, PlanStep } from './plan.ts'
export * from './routing/index.ts'
export { countElements, resolveShape } from './shape.ts'
export type { SymbolValues } from './shape.ts'
export { constantSource, derivedSource, mappedSource, readValues } from './weight-source.ts'
