/** Which tokens of a run share the slots of experts, and what each draws: both follow from positions and sequences alone. */
import { OstroError } from '../../util/error.ts'
import { createRandom } from '../../util/random.ts'
import { capacityOf } from './rule.ts'
import type { RouterRule } from './rule.ts'

/** The tokens of a run that belong to one document: what a sequence holds from a position 0 to the next. */
export interface DocumentPart {
  readonly sequence: number
  /** Whether it starts in this run, and not before it. */
  readonly begins: boolean
  /** In order. */
  readonly tokens: number[]
}

export function documentsOf(positions: ArrayLike<number>, sequences: ArrayLike<number>): DocumentPart[] {
  const documents: DocumentPart[] = []
  const current = new Map<number, DocumentPart>()
  for (let t = 0; t < positions.length; t++) {
    const sequence = sequences[t]
    const begins = positions[t] === 0
    let document = begins ? undefined : current.get(sequence)
    if (document === undefined) {
      document = { sequence, begins, tokens: [] }
      documents.push(document)
      current.set(sequence, document)
    }
    document.tokens.push(t)
  }
  return documents
}

/** Tokens that share slots, with the slots that each expert has for them. */
export interface RoutingGroup {
  readonly tokens: readonly number[]
  readonly slots: number
}

/** Cuts what shares slots into groups of the rule's size; `parts` holds the tokens of each document, in order. */
export function groupsOf(rule: RouterRule, E: number, parts: readonly (readonly number[])[]): RoutingGroup[] {
  return parts.flatMap((tokens) => {
    const size = rule.groupSize ?? tokens.length
    return Array.from({ length: Math.ceil(tokens.length / size) }, (_, index) => {
      const own = tokens.slice(index * size, (index + 1) * size)
      return { tokens: own, slots: capacityOf(rule, own.length, E) }
    })
  })
}

/** Where the draws of a graph's router come from. */
export interface DrawSource {
  /** One stream per router, 0 to 2^32 - 1. What a token draws depends on its position alone, however a text is cut into runs. */
  readonly seed: number
  /** By position, used instead: one each, or E each for sampling. */
  readonly draws?: readonly number[] | undefined
}

/** `count` uniform numbers of the token at `position`. @throws OstroError `invalid-argument` when those given end before it. */
export function drawsAt({ seed, draws }: DrawSource, position: number, count: number): readonly number[] {
  if (draws !== undefined) {
    const own = draws.slice(position * count, (position + 1) * count)
    if (own.length === count) return own
    const message = `router draws: expected ${count} at position ${position}, but only ${draws.length} are given in all.`
    throw new OstroError('invalid-argument', message, { position })
  }
  const { float } = createRandom(seed + position * 2 ** 32)
  return Array.from({ length: count }, float)
}
