/**
 * How kernels walk recurrences in chunks (chunk-state.ts), a panel of channels at a time: what the state at the start of the chunk gives
 * to its tokens, what they give to each other, and at its end the next state, all as products of small matrices.
 *
 * A state is read and written by one thread, every sum has its terms in one order, and chunks begin at fixed positions: results depend
 * neither on the threads nor on how a text is cut into runs.
 */
import { at, f32x4, i32, i32x4, ptr, v128 } from '../asm/expression.ts'
import type { I32, Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder, Local } from '../asm/module.ts'
import { panelsOf, panelWidth } from '../channel-panels.ts'
import { panelLayout } from '../chunk-state.ts'
import type { ChunkShape } from '../chunk-state.ts'
import { emitKeysBack, keyRows, positionOf, sequenceOf, slotOf } from './chunk-keys.ts'
import type { Tokens } from './chunk-keys.ts'
import { storeLanes } from './recurrence.ts'
import { emitChunks } from './work.ts'

/** Tokens of a tile of outputs, rows of a tile of states: with four vectors each, sums for half of the registers there are. */
export const tileRows = 4
const vectors = panelWidth / 4
const rowBytes = 4 * panelWidth
/** A weight below it is none, so that no product is denormal. */
const leastWeight = 1e-30

/** Where a token's row of scores has what all channels share: `decays` [H], and lists of scores [G, chunkTokens] with the keys of its chunk. */
export interface ScorePlaces {
  readonly bytes: number
  readonly decays: number
  readonly lists: readonly number[]
}

export interface ChunkWalk {
  readonly shape: ChunkShape
  readonly tokens: Tokens
  readonly places: ScorePlaces
  readonly scores: RowsOf
  readonly keys: RowsOf
  /** Of the kept keys in a slot. */
  readonly keptKeys: Ptr
  /** Of this thread, `chunkScratchBytes` long. */
  readonly scratch: Local<'ptr'>
}

export interface RowsOf {
  readonly base: Local<'ptr'>
  readonly stride: Local<'ptr'>
}

/** Neighbours in the run that are neighbours in one chunk of one sequence too, for one panel. */
export interface Segment {
  readonly block: Local<'ptr'>
  readonly token: Local<'i32'>
  readonly count: Local<'i32'>
  /** Of the first token in its chunk. */
  readonly index: Local<'i32'>
  readonly slot: Local<'ptr'>
  readonly head: Local<'i32'>
  readonly group: Local<'i32'>
  /** The first, of all heads'. */
  readonly channel: Local<'i32'>
  /** Whether it is the last panel of its head, which may have fewer channels. */
  readonly isLast: Local<'i32'>
}

/** What a thread keeps aside: coefficients of a tile's tokens by list, weighted inputs of a chunk, and where its keys are. */
function scratchLayout(chunkTokens: number, lists: number) {
  const inputs = 4 * lists * tileRows * chunkTokens
  const keys = inputs + rowBytes * chunkTokens
  return { coefficients: 0, inputs, keys, bytes: Math.ceil((keys + 8 * chunkTokens) / 64) * 64 }
}

export const chunkScratchBytes = (chunkTokens: number, lists: number): number => scratchLayout(chunkTokens, lists).bytes

export const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))

export const rowAt = ({ base, stride }: RowsOf, token: I32): Ptr => ptr.add(base, ptr.mul(ptr.from(token), stride))

/** Runs `body` for all segments of all panels, each panel on one thread; `body` has to keep the inputs of the segment's tokens. */
export function emitSegments(f: FunctionBuilder, step: Ptr, walk: ChunkWalk, body: (segment: Segment) => void): void {
  const { shape, tokens } = walk
  const { heads, headDim, groups, sharing, chunkTokens } = shape
  const panels = panelsOf(headDim)
  emitChunks(f, step, i32.const(heads * panels), 1, (item) => {
    const head = f.local('i32', i32.divU(item, i32.const(panels)))
    const panel = f.local('i32', i32.remU(item, i32.const(panels)))
    const group =
      sharing === 'tiled'
        ? i32.remU(head, i32.const(groups))
        : i32.divU(i32.mul(head, i32.const(groups)), i32.const(heads))
    const channel = i32.add(i32.mul(head, i32.const(headDim)), i32.mul(panel, i32.const(panelWidth)))
    const ofPanel = {
      head,
      group: f.local('i32', group),
      channel: f.local('i32', channel),
      isLast: f.local('i32', i32.eq(panel, i32.const(panels - 1))),
    }
    emitNeighbours(f, tokens, chunkTokens, ({ token, count, sequence, position, index }) => {
      const slot = f.local('ptr', slotOf(tokens, sequence))
      const block = f.local('ptr', at(slot, item, panelLayout(shape).bytes))
      const segment: Segment = { slot, block, token, count, index, ...ofPanel }
      f.if(i32.eqz(position), () => emitStart(f, block, shape))
      body(segment)
      f.if(i32.eq(i32.add(index, count), i32.const(chunkTokens)), () => emitNextState(f, segment, walk))
    })
  })
}

function emitNeighbours(
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
function emitStart(f: FunctionBuilder, block: Ptr, shape: ChunkShape): void {
  f.fill(block, i32.const(0), ptr.const(rowBytes * shape.stateSize))
  emitNoWeights(f, block, shape)
}

function emitNoWeights(f: FunctionBuilder, block: Ptr, shape: ChunkShape): void {
  const { weights, carried } = panelLayout(shape)
  for (let j = 0; j < shape.chunkTokens; j += 4) {
    f.do(v128.store(block, f32x4.splatConst(0), weights + 4 * j))
  }
  f.do(v128.store(block, f32x4.splatConst(1), carried))
}

/** Runs `emitTile` for the tokens of a segment, as many at once as go, with the first of them and its place in the chunk. */
export function emitTiles(f: FunctionBuilder, segment: Segment, emitTile: (tile: Segment, size: number) => void): void {
  const { token, count, index } = segment
  const done = f.local('i32', i32.const(0))
  const tile = (): Segment => ({
    ...segment,
    token: f.local('i32', i32.add(token, done)),
    index: f.local('i32', i32.add(index, done)),
  })
  const tiles = f.local('i32', i32.and(count, i32.const(-tileRows)))
  f.for(done, i32.const(0), tiles, tileRows, () => emitTile(tile(), tileRows))
  f.for(done, tiles, count, 1, () => emitTile(tile(), 1))
}

/** The channels of one token in a tile. */
type Sum = readonly Local<'v128'>[]

/** What the state at the start of the chunk gives to each of `rows`, keys or queries [N]. */
export function emitStateProducts(f: FunctionBuilder, block: Ptr, rows: readonly Ptr[], stateSize: number): Sum[] {
  const sums = rows.map(() => times(vectors, () => f.local('v128', f32x4.splatConst(0))))
  const factors = rows.map((row) => f.local('ptr', row))
  const values = times(vectors, () => f.local('v128'))
  const state = f.local('ptr', block)
  const n = f.local('i32')
  f.for(n, i32.const(0), i32.const(stateSize), 1, () => {
    loadValues(f, values, state)
    sums.forEach((sum, row) => addTo(f, sum, values, v128.load32Splat(factors[row])))
    f.set(state, ptr.add(state, ptr.const(rowBytes)))
    for (const factor of factors) f.set(factor, ptr.add(factor, ptr.const(4)))
  })
  return sums
}

/**
 * Walks the inputs of the chunk from the first on. `add` gives the next one to the tokens of the tile from number `from` on, times their
 * coefficients of `list`; `place` is where the next one is.
 */
export function inputWalk(
  f: FunctionBuilder,
  { block }: Segment,
  { shape, scratch }: ChunkWalk,
  sums: readonly Sum[],
  list: number,
): { readonly place: Local<'ptr'>; readonly add: (from: number) => void } {
  const { chunkTokens } = shape
  const values = times(vectors, () => f.local('v128'))
  const place = f.local('ptr', ptr.add(block, ptr.const(panelLayout(shape).inputs)))
  const coefficient = f.local('ptr', ptr.add(scratch, ptr.const(4 * list * tileRows * chunkTokens)))
  return {
    place,
    add(from) {
      loadValues(f, values, place)
      for (let row = from; row < sums.length; row++) {
        addTo(f, sums[row], values, v128.load32Splat(coefficient, 4 * row * chunkTokens))
      }
      f.set(place, ptr.add(place, ptr.const(rowBytes)))
      f.set(coefficient, ptr.add(coefficient, ptr.const(4)))
    },
  }
}

const loadValues = (f: FunctionBuilder, values: Sum, row: Ptr): void =>
  values.forEach((value, lane) => f.set(value, v128.load(row, 16 * lane)))

function addTo(f: FunctionBuilder, sum: Sum, values: Sum, factor: V128): void {
  const shared = f.local('v128', factor)
  sum.forEach((part, lane) => f.set(part, f32x4.madd(values[lane], shared, part)))
}

/** Stores what a token's channels of this panel got. */
export function storeChannels(
  f: FunctionBuilder,
  { isLast }: Segment,
  { headDim }: ChunkShape,
  output: Ptr,
  sum: readonly V128[],
) {
  const store = (lanes: number): void =>
    sum.forEach((part, lane) => {
      const own = Math.min(4, lanes - 4 * lane)
      if (own > 0) storeLanes(f, output, part, own, 16 * lane)
    })
  const rest = headDim % panelWidth
  if (rest === 0) store(panelWidth)
  else
    f.if(
      isLast,
      () => store(rest),
      () => store(panelWidth),
    )
}

/**
 * Lets the weights of the chunk decay by each of `size` tokens in turn. Their products with each list of the token's scores go aside;
 * gives w_0 of each.
 */
export function emitCoefficients(f: FunctionBuilder, segment: Segment, walk: ChunkWalk, size: number): Local<'v128'>[] {
  const { block, token, index, head, group } = segment
  const { shape, scratch, scores, places } = walk
  const { chunkTokens } = shape
  const layout = panelLayout(shape)
  const weights = times(chunkTokens / 4, (part) => f.local('v128', v128.load(block, layout.weights + 16 * part)))
  const carried = f.local('v128', v128.load(block, layout.carried))
  const afterEach = times(size, (row) => {
    const ofToken = f.local('ptr', rowAt(scores, i32.add(token, i32.const(row))))
    const decay = f.local('v128', v128.load32Splat(at(ofToken, head, 4), places.decays))
    const place = f.local('v128', i32x4.splat(i32.add(index, i32.const(row))))
    const decayed = (weight: V128): V128 => {
      const product = f.local('v128', f32x4.mul(weight, decay))
      return v128.and(product, f32x4.gt(product, f32x4.splatConst(leastWeight)))
    }
    weights.forEach((weight, part) => {
      const isOwn = i32x4.eq(i32x4.constant(4 * part, 4 * part + 1, 4 * part + 2, 4 * part + 3), place)
      f.set(weight, v128.bitselect(f32x4.splatConst(1), decayed(weight), isOwn))
    })
    places.lists.forEach((start, list) => {
      const ownScores = f.local('ptr', ptr.add(at(ofToken, group, 4 * chunkTokens), ptr.const(start)))
      weights.forEach((weight, part) => {
        const product = f32x4.mul(weight, v128.load(ownScores, 16 * part))
        f.do(v128.store(scratch, product, 4 * (list * tileRows + row) * chunkTokens + 16 * part))
      })
    })
    f.set(carried, decayed(carried))
    return f.local('v128', carried)
  })
  weights.forEach((weight, part) => f.do(v128.store(block, weight, layout.weights + 16 * part)))
  f.do(v128.store(block, carried, layout.carried))
  return afterEach
}

/** At the end of a chunk: S = w_0 S + sum_j w_j u_j k_j, and nothing has come since. */
function emitNextState(f: FunctionBuilder, { slot, block, token, count, group }: Segment, walk: ChunkWalk): void {
  const { tokens, keys, keptKeys, scratch, shape, places } = walk
  const { chunkTokens, stateSize } = shape
  const layout = panelLayout(shape)
  const aside = scratchLayout(chunkTokens, places.lists.length)
  const last = { token: i32.sub(i32.add(token, count), i32.const(1)), index: i32.const(chunkTokens - 1) }
  const rows = keyRows(f, { ...keys, slot, keys: keptKeys }, shape)
  emitKeysBack(f, tokens, rows, last, (j, row) => {
    f.do(ptr.store(at(scratch, j, 8), at(row, group, 4 * stateSize), aside.keys))
  })
  const j = f.local('i32')
  f.for(j, i32.const(0), i32.const(chunkTokens), 1, () => {
    const weight = f.local('v128', v128.load32Splat(at(block, j, 4), layout.weights))
    const from = f.local('ptr', at(block, j, rowBytes))
    const to = f.local('ptr', at(scratch, j, rowBytes))
    const weighted = times(vectors, (lane) =>
      f.local('v128', f32x4.mul(weight, v128.load(from, layout.inputs + 16 * lane))),
    )
    weighted.forEach((input, lane) => f.do(v128.store(to, input, aside.inputs + 16 * lane)))
  })
  const carried = f.local('v128', v128.load(block, layout.carried))
  const state = f.local('ptr', block)
  const keyOffset = f.local('ptr', ptr.const(0))
  const input = f.local('ptr')
  const keyPlace = f.local('ptr')
  const emitRows = (size: number): void => {
    const sums = times(size, (row) =>
      times(vectors, (lane) => f.local('v128', f32x4.mul(carried, v128.load(state, rowBytes * row + 16 * lane)))),
    )
    f.set(input, ptr.add(scratch, ptr.const(aside.inputs)))
    f.set(keyPlace, ptr.add(scratch, ptr.const(aside.keys)))
    f.for(j, i32.const(0), i32.const(chunkTokens), 1, () => {
      const key = f.local('ptr', ptr.add(ptr.load(keyPlace), keyOffset))
      const values = times(vectors, (lane) => f.local('v128', v128.load(input, 16 * lane)))
      sums.forEach((sum, row) => addTo(f, sum, values, v128.load32Splat(key, 4 * row)))
      f.set(input, ptr.add(input, ptr.const(rowBytes)))
      f.set(keyPlace, ptr.add(keyPlace, ptr.const(8)))
    })
    sums.forEach((sum, row) => sum.forEach((part, lane) => f.do(v128.store(state, part, rowBytes * row + 16 * lane))))
    f.set(state, ptr.add(state, ptr.const(rowBytes * size)))
    f.set(keyOffset, ptr.add(keyOffset, ptr.const(4 * size)))
  }
  const n = f.local('i32')
  const whole = Math.floor(stateSize / tileRows) * tileRows
  f.for(n, i32.const(0), i32.const(whole), tileRows, () => emitRows(tileRows))
  f.for(n, i32.const(whole), i32.const(stateSize), 1, () => emitRows(1))
  emitNoWeights(f, block, shape)
}
