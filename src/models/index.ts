/** Architectures: from a file to a graph, and the host's side of the state that a graph keeps. */
export type { Architecture, DecoderConfig, ForwardOptions } from './architecture.ts'
export { openModel } from './open-model.ts'
export type { ModelFiles, OpenedModel, OpenOptions } from './open-model.ts'
export { architectures } from './registry.ts'
export { createMemorySequences } from './state/memory-sequences.ts'
export type { MemorySequences, MemorySequencesOptions } from './state/memory-sequences.ts'
export { createPagedSequences } from './state/paged-sequences.ts'
export type { PagedSequences, PagedSequencesOptions } from './state/paged-sequences.ts'
