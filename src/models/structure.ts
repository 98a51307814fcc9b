/** What kind of network a model is, as its graphs say. */
import type { OpenedModel } from './open-model.ts'

/**
 * `encoder-decoder`: a source, and a text that reads it. `encoder`: vectors or scores of whole texts. `decoder`: text by attention.
 * `recurrent`: text by states of a fixed size. `hybrid`: by both.
 */
export type ModelStructure = 'encoder-decoder' | 'encoder' | 'decoder' | 'recurrent' | 'hybrid'

export function structureOf({ graph: writeGraph, encoderGraph }: OpenedModel): ModelStructure {
  if (encoderGraph !== undefined) return 'encoder-decoder'
  const graph = writeGraph()
  if (!graph.outputs.has('logits')) return 'encoder'
  if (graph.states.length === 0) return 'decoder'
  return graph.caches.length === 0 ? 'recurrent' : 'hybrid'
}
