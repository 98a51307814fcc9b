/**
 * The state-space dual of Mamba-2 in chunks (Dao and Gu 2024, section 6), a panel of channels at a time: what the state at the start of
 * the chunk gives to its tokens, what they give to each other, and at its end the next state, all as products of small matrices.
 *
 * A state is read and written by one thread, every sum has its terms in one order, and chunks begin at fixed positions: results depend
 * neither on the threads nor on how a text is cut into runs. See ssd-state.ts for what a slot holds.
 */
import { at, f32x4, i32, i32x4, ptr, v128 } from '../asm/expression.ts'
import type { I32, Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder, Local, ModuleBuilder } from '../asm/module.ts'
import { panelsOf, panelWidth } from '../channel-panels.ts'
import { keyRowBytes, panelLayout } from '../ssd-state.ts'
import type { SsdShape } from '../ssd-state.ts'
import { field, stepFields } from '../step-layout.ts'
import { emitKeysBack, positionOf, readTokens, scoreRow, sequenceOf, slotOf } from './ssd-keys.ts'
import type { Tokens } from './ssd-keys.ts'
import { stateFieldNames, storeLanes } from './recurrence.ts'
import { emitChunks } from './work.ts'

export const ssdFields = stepFields(
  ...stateFieldNames, 'keys', 'x', 'xStride', 'B', 'bStride', 'C', 'cStride', 'D', 'scores', 'output', 'scratch',
) // prettier-ignore

/** Tokens of a tile of outputs, rows of a tile of states: with four vectors each, sums for half of the registers there are. */
const tileRows = 4
const vectors = panelWidth / 4
/** A weight below it is none, so that no product is denormal. */
const leastWeight = 1e-30

/** What a thread keeps aside: coefficients of a tile's tokens, weighted inputs of a chunk, and where its rows of B are. */
function scratchLayout(chunkTokens: number) {
  const inputs = 4 * tileRows * chunkTokens
  const keys = inputs + 4 * panelWidth * chunkTokens
  return { coefficients: 0, inputs, keys, bytes: Math.ceil((keys + 8 * chunkTokens) / 64) * 64 }
}

export const ssdScratchBytes = (chunkTokens: number): number => scratchLayout(chunkTokens).bytes

/** x, output [T, H P]; B, C [T, G N]; D [H]; scores as ssd-keys.ts gives them. */
export function emitSsd(module: ModuleBuilder, shape: SsdShape): FunctionBuilder {
  const { heads, headDim, groups, stateSize, chunkTokens } = shape
  const name = `ssd_${stateSize}_${headDim}_${heads}_${groups}_${chunkTokens}`
  const panels = panelsOf(headDim)
  const layout = panelLayout(shape)
  return module.function(name, ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const address = (name: 'x' | 'B' | 'C' | 'scores' | 'output') =>
      f.local('ptr', field.address(step, ssdFields[name]))
    const stride = (name: 'xStride' | 'bStride' | 'cStride') =>
      f.local('ptr', ptr.from(field.integer(step, ssdFields[name])))
    const tokens = readTokens(f, step, ssdFields)
    const rows = {
      x: { base: address('x'), stride: stride('xStride') },
      B: { base: address('B'), stride: stride('bStride') },
      C: { base: address('C'), stride: stride('cStride') },
      scores: { base: address('scores'), stride: f.local('ptr', ptr.const(scoreRow(shape).bytes)) },
      output: { base: address('output'), stride: f.local('ptr', ptr.const(4 * heads * headDim)) },
    }
    const scratch = f.local(
      'ptr',
      at(field.address(step, ssdFields.scratch), f.parameter(1, 'i32'), ssdScratchBytes(chunkTokens)),
    )
    emitChunks(f, step, i32.const(heads * panels), 1, (item) => {
      const head = f.local('i32', i32.divU(item, i32.const(panels)))
      const panel = f.local('i32', i32.remU(item, i32.const(panels)))
      const group = f.local('i32', i32.divU(i32.mul(head, i32.const(groups)), i32.const(heads)))
      const channel = i32.add(i32.mul(head, i32.const(headDim)), i32.mul(panel, i32.const(panelWidth)))
      const ofPanel: PanelColumns = {
        head,
        group,
        channel: f.local('i32', channel),
        isLast: f.local('i32', i32.eq(panel, i32.const(panels - 1))),
        skip: f.local('v128', v128.load32Splat(at(field.address(step, ssdFields.D), head, 4))),
      }
      emitSegments(f, tokens, chunkTokens, ({ token, count, sequence, position, index }) => {
        const slot = f.local('ptr', slotOf(tokens, sequence))
        const block = f.local('ptr', at(slot, item, layout.bytes))
        const segment: Segment = { tokens, rows, scratch, slot, block, token, count, index, ...ofPanel }
        f.if(i32.eqz(position), () => emitStart(f, segment, shape))
        emitInputs(f, segment, shape)
        emitOutputs(f, segment, shape)
        f.if(i32.eq(i32.add(index, count), i32.const(chunkTokens)), () => {
          emitNextState(f, segment, shape, ptr.from(field.integer(step, ssdFields.keys)))
        })
      })
    })
  })
}

interface PanelColumns {
  readonly head: Local<'i32'>
  readonly group: Local<'i32'>
  /** The first, of all heads'. */
  readonly channel: Local<'i32'>
  /** Whether it is the last panel of its head, which may have fewer channels. */
  readonly isLast: Local<'i32'>
  /** D of the head. */
  readonly skip: Local<'v128'>
}

interface RowsOf {
  readonly base: Local<'ptr'>
  readonly stride: Local<'ptr'>
}

/** Neighbours in the run that are neighbours in one chunk of one sequence too. */
interface Segment extends PanelColumns {
  readonly tokens: Tokens
  readonly rows: Readonly<Record<'x' | 'B' | 'C' | 'scores' | 'output', RowsOf>>
  readonly scratch: Local<'ptr'>
  readonly slot: Local<'ptr'>
  readonly block: Local<'ptr'>
  readonly token: Local<'i32'>
  readonly count: Local<'i32'>
  /** Of the first token in its chunk. */
  readonly index: Local<'i32'>
}

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))

const rowAt = ({ base, stride }: RowsOf, token: I32): Ptr => ptr.add(base, ptr.mul(ptr.from(token), stride))

function emitSegments(
  f: FunctionBuilder,
  tokens: Tokens,
  chunkTokens: number,
  body: (found: Readonly<Record<'token' | 'count' | 'sequence' | 'position' | 'index', Local<'i32'>>>) => void,
): void {
  const token = f.local('i32', i32.const(0))
  const [count, sequence, position, index, next] = times(5, () => f.local('i32'))
  f.while(i32.ltS(token, tokens.count), () => {
    f.set(sequence, sequenceOf(tokens, token))
    f.set(position, positionOf(tokens, token))
    f.set(index, i32.and(position, i32.const(chunkTokens - 1)))
    f.set(count, i32.const(1))
    f.loop((stop) => {
      f.set(next, i32.add(token, count))
      stop(i32.geS(next, tokens.count))
      stop(i32.geS(i32.add(index, count), i32.const(chunkTokens)))
      stop(i32.ne(sequenceOf(tokens, next), sequence))
      stop(i32.ne(positionOf(tokens, next), i32.add(position, count)))
      f.set(count, i32.add(count, i32.const(1)))
    })
    body({ token, count, sequence, position, index })
    f.set(token, i32.add(token, count))
  })
}

/** A document begins: no state, and all of it carried. */
function emitStart(f: FunctionBuilder, { block }: Segment, shape: SsdShape): void {
  f.fill(block, i32.const(0), ptr.const(4 * panelWidth * shape.stateSize))
  emitNoWeights(f, block, shape)
}

function emitNoWeights(f: FunctionBuilder, block: Ptr, shape: SsdShape): void {
  const { weights, carried } = panelLayout(shape)
  for (let j = 0; j < shape.chunkTokens; j += 4) {
    f.do(v128.store(block, f32x4.splatConst(0), weights + 4 * j))
  }
  f.do(v128.store(block, f32x4.splatConst(1), carried))
}

/** Keeps dt x of the segment's tokens. */
function emitInputs(f: FunctionBuilder, segment: Segment, shape: SsdShape): void {
  const { block, rows, token, count, index, head, channel } = segment
  const { steps } = scoreRow(shape)
  const place = f.local('ptr', at(block, index, 4 * panelWidth))
  const own = f.local('i32')
  f.for(own, token, i32.add(token, count), 1, () => {
    const x = f.local('ptr', at(rowAt(rows.x, own), channel, 4))
    const dt = f.local('v128', v128.load32Splat(at(rowAt(rows.scores, own), head, 4), steps))
    for (const lane of times(vectors, (i) => i)) {
      f.do(v128.store(place, f32x4.mul(dt, v128.load(x, 16 * lane)), panelLayout(shape).inputs + 16 * lane))
    }
    f.set(place, ptr.add(place, ptr.const(4 * panelWidth)))
  })
}

function emitOutputs(f: FunctionBuilder, segment: Segment, shape: SsdShape): void {
  const { token, count, index } = segment
  const done = f.local('i32', i32.const(0))
  const place = () => ({
    token: f.local('i32', i32.add(token, done)),
    index: f.local('i32', i32.add(index, done)),
  })
  const tiles = f.local('i32', i32.and(count, i32.const(-tileRows)))
  f.for(done, i32.const(0), tiles, tileRows, () => emitTile(f, { ...segment, ...place() }, shape, tileRows))
  f.for(done, tiles, count, 1, () => emitTile(f, { ...segment, ...place() }, shape, 1))
}

/** Outputs of `size` tokens from `token`, which is at `index` of its chunk. */
function emitTile(f: FunctionBuilder, segment: Segment, shape: SsdShape, size: number): void {
  const { rows, block, token, index, group, channel, isLast, skip } = segment
  const layout = panelLayout(shape)
  const carried = emitCoefficients(f, segment, shape, size)
  const sums = times(size, () => times(vectors, () => f.local('v128', f32x4.splatConst(0))))
  const values = times(vectors, () => f.local('v128'))
  const loadValues = (row: Ptr, offset = 0): void =>
    values.forEach((value, lane) => f.set(value, v128.load(row, offset + 16 * lane)))
  const addTo = (sum: readonly Local<'v128'>[], factor: V128): void => {
    const shared = f.local('v128', factor)
    sum.forEach((part, lane) => f.set(part, f32x4.madd(values[lane], shared, part)))
  }

  const state = f.local('ptr', block)
  const queries = times(size, (row) =>
    f.local('ptr', at(rowAt(rows.C, i32.add(token, i32.const(row))), group, 4 * shape.stateSize)),
  )
  const n = f.local('i32')
  f.for(n, i32.const(0), i32.const(shape.stateSize), 1, () => {
    loadValues(state)
    sums.forEach((sum, row) => addTo(sum, v128.load32Splat(queries[row])))
    f.set(state, ptr.add(state, ptr.const(4 * panelWidth)))
    for (const query of queries) f.set(query, ptr.add(query, ptr.const(4)))
  })
  sums.forEach((sum, row) => sum.forEach((part) => f.set(part, f32x4.mul(part, carried[row]))))

  const input = f.local('ptr', ptr.add(block, ptr.const(layout.inputs)))
  const coefficient = f.local('ptr', segment.scratch)
  const addInput = (from: number): void => {
    loadValues(input)
    for (let row = from; row < size; row++) {
      addTo(sums[row], v128.load32Splat(coefficient, 4 * row * shape.chunkTokens))
    }
    f.set(input, ptr.add(input, ptr.const(4 * panelWidth)))
    f.set(coefficient, ptr.add(coefficient, ptr.const(4)))
  }
  const j = f.local('i32')
  f.for(j, i32.const(0), i32.add(index, i32.const(1)), 1, () => addInput(0))
  for (let from = 1; from < size; from++) addInput(from)

  sums.forEach((sum, row) => {
    const own = f.local('i32', i32.add(token, i32.const(row)))
    const x = f.local('ptr', at(rowAt(rows.x, own), channel, 4))
    const output = f.local('ptr', at(rowAt(rows.output, own), channel, 4))
    const results = sum.map((part, lane) => f.local('v128', f32x4.madd(skip, v128.load(x, 16 * lane), part)))
    const store = (lanes: number): void =>
      results.forEach((result, lane) => {
        const own = Math.min(4, lanes - 4 * lane)
        if (own > 0) storeLanes(f, output, result, own, 16 * lane)
      })
    const rest = shape.headDim % panelWidth
    if (rest === 0) store(panelWidth)
    else
      f.if(
        isLast,
        () => store(rest),
        () => store(panelWidth),
      )
  })
}

/**
 * Lets the weights of the chunk decay by each of `size` tokens in turn. Their products with the scores of each go aside; gives w_0 of each.
 */
function emitCoefficients(f: FunctionBuilder, segment: Segment, shape: SsdShape, size: number): Local<'v128'>[] {
  const { rows, scratch, block, token, index, head, group } = segment
  const { chunkTokens } = shape
  const layout = panelLayout(shape)
  const { decays, scores } = scoreRow(shape)
  const weights = times(chunkTokens / 4, (part) => f.local('v128', v128.load(block, layout.weights + 16 * part)))
  const carried = f.local('v128', v128.load(block, layout.carried))
  const afterEach = times(size, (row) => {
    const ofToken = f.local('ptr', rowAt(rows.scores, i32.add(token, i32.const(row))))
    const decay = f.local('v128', v128.load32Splat(at(ofToken, head, 4), decays))
    const place = f.local('v128', i32x4.splat(i32.add(index, i32.const(row))))
    const decayed = (weight: V128): V128 => {
      const product = f.local('v128', f32x4.mul(weight, decay))
      return v128.and(product, f32x4.gt(product, f32x4.splatConst(leastWeight)))
    }
    const ownScores = f.local('ptr', ptr.add(at(ofToken, group, 4 * chunkTokens), ptr.const(scores)))
    weights.forEach((weight, part) => {
      const isOwn = i32x4.eq(i32x4.constant(4 * part, 4 * part + 1, 4 * part + 2, 4 * part + 3), place)
      f.set(weight, v128.bitselect(f32x4.splatConst(1), decayed(weight), isOwn))
    })
    weights.forEach((weight, part) => {
      const product = f32x4.mul(weight, v128.load(ownScores, 16 * part))
      f.do(v128.store(scratch, product, 4 * row * chunkTokens + 16 * part))
    })
    f.set(carried, decayed(carried))
    return f.local('v128', carried)
  })
  weights.forEach((weight, part) => f.do(v128.store(block, weight, layout.weights + 16 * part)))
  f.do(v128.store(block, carried, layout.carried))
  return afterEach
}

/** At the end of a chunk: S = w_0 S + sum_j w_j (dt x)_j B_j, and nothing has come since. */
function emitNextState(f: FunctionBuilder, segment: Segment, shape: SsdShape, keys: Ptr): void {
  const { tokens, rows, scratch, slot, block, token, count, group } = segment
  const { chunkTokens, stateSize } = shape
  const layout = panelLayout(shape)
  const aside = scratchLayout(chunkTokens)
  const last = { token: i32.sub(i32.add(token, count), i32.const(1)), index: i32.const(chunkTokens - 1) }
  const kept = f.local('ptr', ptr.add(slot, keys))
  const keyRows = { B: rows.B.base, stride: rows.B.stride, kept, keptRowBytes: keyRowBytes(shape) }
  emitKeysBack(f, tokens, keyRows, last, (j, row) => {
    f.do(ptr.store(at(scratch, j, 8), at(row, group, 4 * stateSize), aside.keys))
  })
  const j = f.local('i32')
  f.for(j, i32.const(0), i32.const(chunkTokens), 1, () => {
    const weight = f.local('v128', v128.load32Splat(at(block, j, 4), layout.weights))
    const from = f.local('ptr', at(block, j, 4 * panelWidth))
    const to = f.local('ptr', at(scratch, j, 4 * panelWidth))
    for (const lane of times(vectors, (i) => i)) {
      const input = v128.load(from, layout.inputs + 16 * lane)
      f.do(v128.store(to, f32x4.mul(weight, input), aside.inputs + 16 * lane))
    }
  })
  const carried = f.local('v128', v128.load(block, layout.carried))
  const state = f.local('ptr', block)
  const keyOffset = f.local('ptr', ptr.const(0))
  const input = f.local('ptr')
  const keyPlace = f.local('ptr')
  const emitRows = (size: number): void => {
    const sums = times(size, (row) =>
      times(vectors, (lane) => f.local('v128', f32x4.mul(carried, v128.load(state, 4 * row * panelWidth + 16 * lane)))),
    )
    f.set(input, ptr.add(scratch, ptr.const(aside.inputs)))
    f.set(keyPlace, ptr.add(scratch, ptr.const(aside.keys)))
    f.for(j, i32.const(0), i32.const(chunkTokens), 1, () => {
      const key = f.local('ptr', ptr.add(ptr.load(keyPlace), keyOffset))
      const values = times(vectors, (lane) => f.local('v128', v128.load(input, 16 * lane)))
      sums.forEach((sum, row) => {
        const factor = f.local('v128', v128.load32Splat(key, 4 * row))
        sum.forEach((part, lane) => f.set(part, f32x4.madd(values[lane], factor, part)))
      })
      f.set(input, ptr.add(input, ptr.const(4 * panelWidth)))
      f.set(keyPlace, ptr.add(keyPlace, ptr.const(8)))
    })
    sums.forEach((sum, row) =>
      sum.forEach((part, lane) => f.do(v128.store(state, part, 4 * row * panelWidth + 16 * lane))),
    )
    f.set(state, ptr.add(state, ptr.const(4 * panelWidth * size)))
    f.set(keyOffset, ptr.add(keyOffset, ptr.const(4 * size)))
  }
  const n = f.local('i32')
  const whole = Math.floor(stateSize / tileRows) * tileRows
  f.for(n, i32.const(0), i32.const(whole), tileRows, () => emitRows(tileRows))
  f.for(n, i32.const(whole), i32.const(stateSize), 1, () => emitRows(1))
  emitNoWeights(f, block, shape)
}
