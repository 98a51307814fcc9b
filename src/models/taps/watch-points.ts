/** From tap points to the looks that a run takes, and from what they saw to records of one sequence. */
import type { Program, Tap } from '../../tensor/device.ts'
import type { AttentionAttributes } from '../../tensor/ops/attention.ts'
import { attentionWeights } from './attention-weights.ts'
import { widthOf } from './tap-points.ts'
import type { TapPoint } from './tap-points.ts'

/** What one run showed of one step. */
export interface TapRecord {
  /** Name of the step, such as `blk.3.attention`. */
  readonly step: string
  /** Position of the first token that it is about. */
  readonly position: number
  /**
   * [tokens, ...] as the step's own shape says; of an attention [heads, tokens, positions]; of a state [1], after the last token of the
   * run.
   */
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** Where the tokens of a sequence are in a run. */
export interface RunPlace {
  /** Slot of the sequence. */
  readonly sequence: number
  /** Index of its first token in the batch, and that token's position. */
  readonly firstToken: number
  readonly position: number
  readonly tokens: number
  /** Its rows of output among those of the batch: those of its last tokens. */
  readonly firstRow: number
  readonly rows: number
}

export interface Watch {
  readonly taps: readonly Tap[]
  /** After the run; what was seen of the steps, in their order. */
  readonly records: () => TapRecord[]
}

export type Watcher = (place: RunPlace) => Watch

/** Looks at the points in each run that it is asked for. */
export function watchPoints(points: readonly TapPoint[], program: Pick<Program, 'caches' | 'states'>): Watcher {
  return (place) => {
    const records: TapRecord[] = []
    const taps = points.flatMap((point): Tap[] => {
      switch (point.kind) {
        case 'values':
          return [seeValues(point, place, records)]
        case 'attention':
          return [seeAttention(point, place, program, records)]
        case 'state':
          return []
        default:
          return point satisfies never
      }
    })
    const states = points.filter((point) => point.kind === 'state')
    return { taps, records: () => [...records, ...states.map((point) => measureState(point, place, program))] }
  }
}

type PointOf<K extends TapPoint['kind']> = Extract<TapPoint, { kind: K }>

function seeValues({ name, tensor, from, to }: PointOf<'values'>, place: RunPlace, records: TapRecord[]): Tap {
  const isRows = tensor.shape[0] === 'R'
  const [first, count] = isRows ? [place.firstRow, place.rows] : [place.firstToken, place.tokens]
  const width = widthOf(tensor)
  const whole = to - from === width
  return {
    after: tensor.id,
    tensors: [tensor.id],
    see([values]) {
      if (count === 0) return
      const data = new Float32Array(count * (to - from))
      for (let row = 0; row < count; row++) {
        const start = (first + row) * width
        data.set(values.subarray(start + from, start + to), row * (to - from))
      }
      const shape = [count, ...(whole ? tensor.shape.slice(1).map(Number) : [to - from])]
      records.push({ step: name, position: place.position + (isRows ? place.tokens - count : 0), shape, data })
    },
  }
}

function seeAttention(
  { name, node }: PointOf<'attention'>,
  { sequence, firstToken, position, tokens }: RunPlace,
  { caches }: Pick<Program, 'caches'>,
  records: TapRecord[],
): Tap {
  const attributes = node.attributes as unknown as AttentionAttributes
  const { heads, headDim } = attributes
  const width = heads * headDim
  return {
    after: node.output.id,
    tensors: [node.inputs[0].id],
    see([values]) {
      const queries = values.subarray(firstToken * width, (firstToken + tokens) * width)
      const data = attentionWeights(caches, attributes, { sequence, start: position, count: tokens, queries })
      records.push({ step: name, position, shape: [heads, tokens, position + tokens], data })
    },
  }
}

function measureState(
  { name, state }: PointOf<'state'>,
  { sequence, position, tokens }: RunPlace,
  { states }: Pick<Program, 'states'>,
): TapRecord {
  let squares = 0
  for (const value of states.read(state, sequence)) squares += value * value
  return { step: name, position: position + tokens - 1, shape: [1], data: Float32Array.of(Math.sqrt(squares)) }
}
