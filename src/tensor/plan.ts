/**
 * Where each intermediate of a run lives: offsets in one arena, shared by tensors whose lives do not meet.
 *
 * Placement is greedy by size (largest first, each at the lowest free offset), which comes close to the lower bound on the long
 * chains of alike blocks that models are (Pisarchyk and Lee 2020).
 */
import { OstroError } from '../util/error.ts'

/** One step of a run, in order. Tensors are numbers (`Tensor.id`). */
export interface PlanStep {
  readonly inputs: readonly number[]
  readonly output: number
  readonly outputBytes: number
  /** Working memory that only this step uses; default 0. */
  readonly scratchBytes?: number
}

export interface MemoryPlan {
  /** Bytes of the arena. */
  readonly sizeBytes: number
  /** Offset of each step's output, by tensor. */
  readonly offsets: ReadonlyMap<number, number>
  /** Offset of each step's working memory, by step; 0 where the step has none. */
  readonly scratchOffsets: readonly number[]
  readonly blocks: readonly PlannedBlock[]
}

/** A stretch of the arena that is taken from the start of step `first` to the end of step `last`. */
export interface PlannedBlock {
  /** Undefined for working memory. */
  readonly tensor: number | undefined
  readonly first: number
  readonly last: number
  readonly sizeBytes: number
  readonly offset: number
}

const defaultAlignment = 64

/**
 * Plans the outputs and the working memory of `steps`; inputs that no step makes (weights, token ids) take no room.
 *
 * @param pinned tensors that must survive the run (the graph's outputs)
 * @throws OstroError `invalid-argument` when a step reads a tensor before it is made, or two steps make one tensor
 */
export function planMemory(
  steps: readonly PlanStep[],
  pinned: Iterable<number> = [],
  alignment: number = defaultAlignment,
): MemoryPlan {
  const lives = findLives(steps, new Set(pinned))
  const order = lives.map((_, index) => index).toSorted((a, b) => lives[b].sizeBytes - lives[a].sizeBytes || a - b)
  const placed: PlannedBlock[] = []
  for (const index of order) placed.push({ ...lives[index], offset: lowestFreeOffset(lives[index], placed, alignment) })
  const scratchOffsets = steps.map(() => 0)
  const offsets = new Map<number, number>()
  for (const { tensor, first, offset } of placed) {
    if (tensor === undefined) scratchOffsets[first] = offset
    else offsets.set(tensor, offset)
  }
  const sizeBytes = placed.reduce(
    (most, block) => Math.max(most, alignUp(block.offset + block.sizeBytes, alignment)),
    0,
  )
  return {
    sizeBytes,
    offsets,
    scratchOffsets,
    blocks: placed.toSorted((a, b) => a.first - b.first || a.offset - b.offset),
  }
}

/** One line a block: steps, offset, size, and the name that `nameOf` gives the tensor. */
export function describeMemory(plan: MemoryPlan, nameOf: (tensor: number) => string): string {
  const digits = String(plan.sizeBytes).length
  const lines = plan.blocks.map(({ tensor, first, last, sizeBytes, offset }) => {
    const name = tensor === undefined ? '(scratch)' : nameOf(tensor)
    return `${String(first).padStart(5)}-${String(last).padEnd(5)} @${String(offset).padStart(digits)} +${String(sizeBytes).padStart(digits)} ${name}`
  })
  const total = plan.blocks.reduce((sum, block) => sum + block.sizeBytes, 0)
  return [...lines, `arena ${plan.sizeBytes} bytes for ${total} bytes of tensors`].join('\n')
}

type Life = Omit<PlannedBlock, 'offset'>

function findLives(steps: readonly PlanStep[], pinned: ReadonlySet<number>): Life[] {
  const madeBy = new Map<number, number>()
  steps.forEach(({ output }, step) => {
    if (madeBy.has(output)) throw planError(`tensor ${output} is made by steps ${madeBy.get(output)} and ${step}`)
    madeBy.set(output, step)
  })
  const lastUse = new Map<number, number>()
  steps.forEach(({ inputs }, step) => {
    for (const input of inputs) {
      const maker = madeBy.get(input)
      if (maker === undefined) continue
      if (maker >= step) throw planError(`step ${step} reads tensor ${input}, which step ${maker} makes`)
      lastUse.set(input, step)
    }
  })
  const lives: Life[] = []
  steps.forEach(({ output, outputBytes, scratchBytes = 0 }, step) => {
    const last = pinned.has(output) ? steps.length - 1 : (lastUse.get(output) ?? step)
    lives.push({ tensor: output, first: step, last, sizeBytes: outputBytes })
    if (scratchBytes > 0) lives.push({ tensor: undefined, first: step, last: step, sizeBytes: scratchBytes })
  })
  return lives
}

function lowestFreeOffset(life: Life, placed: readonly PlannedBlock[], alignment: number): number {
  const rivals = placed
    .filter((block) => block.first <= life.last && life.first <= block.last)
    .toSorted((a, b) => a.offset - b.offset)
  let offset = 0
  for (const rival of rivals) {
    if (offset + life.sizeBytes <= rival.offset) return offset
    offset = Math.max(offset, alignUp(rival.offset + rival.sizeBytes, alignment))
  }
  return offset
}

function alignUp(bytes: number, alignment: number): number {
  return Math.ceil(bytes / alignment) * alignment
}

function planError(problem: string): OstroError {
  return new OstroError('invalid-argument', `planMemory: expected steps in order of evaluation, but ${problem}.`)
}
