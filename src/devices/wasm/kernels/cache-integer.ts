/**
 * Keys and values as integers of 12 or 8 bits with an f32 scale for every 64 dimensions of a position.
 *
 * Codes lie in words of 16 bits, ready for products of i16 pairs. A word's upper bits are one code; its lower bits are a piece of a spare
 * code, which three words of 12-bit codes (one of 8-bit codes) carry between them. A word is multiplied as it stands: what the piece adds
 * to its code was taken into account when the code was rounded, so it costs no accuracy and no instruction. The spare code is put together
 * by shifts, once for all queries that read it.
 *
 *   keys of a head:   4 panels of [blocks][16] scales, then [groups][words][16 positions][2 dimensions]
 *   values of a head: [blocks][64] scales, then [groups][32 pairs of positions][words][8 dimensions][2 positions]
 *
 * A group has words + 1 codes: as many pairs of dimensions of a key, as many times 8 dimensions of a value. Queries and weights become
 * 16-bit codes whose sum is bounded, so that the sums of products are exact in i32, in whatever order.
 */
import { at, f32, f32x4, i16x8, i32, i32x4, ptr, v128 } from '../asm/expression.ts'
import type { F32, I32, Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder, Local } from '../asm/module.ts'
import { lanes, pagePositions, panelPositions } from './cache-codec.ts'
import type { CacheCodec } from './cache-codec.ts'
import { loadRows, storeRows } from './cache-float.ts'
import { tileSums } from './matmul-loop.ts'
import { horizontalAdd, horizontalMax, roundToI32 } from './vector-math.ts'

/** Dimensions that share a scale. */
const blockDims = 64
/** Bytes of a word of all positions of a panel, two dimensions each. */
const keyWordBytes = panelPositions * 4
/** Dimensions of a value that share a word's vectors. */
const wordDims = 8
const valueWordBytes = wordDims * 4
const pairsOfPage = pagePositions / 2

interface Packing {
  /** Words of a group; it has one code more. */
  readonly words: number
  /** Bits of a code: 16 words / (words + 1). */
  readonly bits: number
}

export const twelveBitCache: CacheCodec = integerCache({ words: 3, bits: 12 })
export const byteCache: CacheCodec = integerCache({ words: 1, bits: 8 })

function integerCache(packing: Packing): CacheCodec {
  const { words } = packing
  const codes = words + 1
  const [keyGroupDims, valueGroupDims] = [2 * codes, wordDims * codes]
  const blocksOf = (headDim: number) => Math.ceil(headDim / blockDims)
  const valueDims = (headDim: number) => Math.ceil(headDim / valueGroupDims) * valueGroupDims
  const panelScaleBytes = (headDim: number) => blocksOf(headDim) * panelPositions * 4
  const panelBytes = (headDim: number) =>
    panelScaleBytes(headDim) + Math.ceil(headDim / keyGroupDims) * words * keyWordBytes
  const valueScaleBytes = (headDim: number) => blocksOf(headDim) * pagePositions * 4
  const valueGroupBytes = pairsOfPage * words * valueWordBytes
  const queryScaleBytes = (headDim: number) => Math.ceil(blocksOf(headDim) / 4) * 16
  return {
    keyBytes: (headDim) => 4 * panelBytes(headDim),
    valueBytes: (headDim) => valueScaleBytes(headDim) + (valueDims(headDim) / valueGroupDims) * valueGroupBytes,
    valueDims,
    queryBytes: (headDim) => queryScaleBytes(headDim) + Math.ceil(headDim / keyGroupDims) * keyGroupDims * 2,
    weightBytes: pagePositions * 2,
    weightFactor: 1,

    emitStoreKey(f, from, to, slot, headDim) {
      const inPanels = i32.mul(i32.shrU(slot, i32.const(4)), i32.const(panelBytes(headDim)))
      const panel = f.local('ptr', ptr.add(to, ptr.from(inPanels)))
      const lane = f.local('i32', i32.and(slot, i32.const(panelPositions - 1)))
      const [source, place] = [f.local('ptr', from), f.local('ptr')]
      f.set(place, at(ptr.add(panel, ptr.const(panelScaleBytes(headDim))), lane, 4))
      eachBlock(f, headDim, (block, dims) => {
        const { scale, inverse } = storedScale(f, source, dims, packing)
        f.do(f32.store(at(at(panel, block, panelPositions * 4), lane, 4), scale))
        eachGroup(f, dims, keyGroupDims, (present) => {
          const [even, odd] = [0, 1].map((side) =>
            encodeWords(f, packing, (code) => scaledValue(source, 2 * code + side, present, inverse)),
          )
          even.forEach((word, index) => {
            const both = i32.or(i32.and(word, i32.const(0xffff)), i32.shl(odd[index], i32.const(16)))
            f.do(i32.store(place, both, index * keyWordBytes))
          })
          f.set(place, ptr.add(place, ptr.const(words * keyWordBytes)))
          f.set(source, ptr.add(source, ptr.const(keyGroupDims * 4)))
        })
      })
    },

    emitStoreValue(f, from, to, slot, headDim) {
      const pair = i32.shrU(slot, i32.const(1))
      const [source, place] = [f.local('ptr', from), f.local('ptr')]
      f.set(place, at(ptr.add(to, ptr.const(valueScaleBytes(headDim))), pair, words * valueWordBytes))
      f.set(place, at(place, i32.and(slot, i32.const(1)), 2))
      eachBlock(f, headDim, (block, dims) => {
        const { scale, inverse } = storedScale(f, source, dims, packing)
        f.do(f32.store(at(at(to, block, pagePositions * 4), slot, 4), scale))
        eachGroup(f, dims, valueGroupDims, (present) => {
          for (let dim = 0; dim < wordDims; dim++) {
            const encoded = encodeWords(f, packing, (code) =>
              scaledValue(source, wordDims * code + dim, present, inverse),
            )
            encoded.forEach((word, index) => f.do(i32.store16(place, word, index * valueWordBytes + dim * 4)))
          }
          f.set(place, ptr.add(place, ptr.const(valueGroupBytes)))
          f.set(source, ptr.add(source, ptr.const(valueGroupDims * 4)))
        })
      })
    },

    /** [blocks] scales, then codes. */
    emitQuery(f, query, factor, to, headDim) {
      const [source, place] = [f.local('ptr', query), f.local('ptr')]
      f.set(place, ptr.add(to, ptr.const(queryScaleBytes(headDim))))
      eachBlock(f, headDim, (block, dims) => {
        const peak = f.local('v128', f32x4.splatConst(0))
        const size = f.local('v128', f32x4.splatConst(0))
        const magnitude = f.local('v128')
        const parts = quartersOf(source, dims)
        for (const part of parts) {
          f.set(magnitude, f32x4.abs(part))
          f.set(peak, f32x4.pmax(peak, magnitude))
          f.set(size, f32x4.add(size, magnitude))
        }
        const { unit, inverse } = boundedUnit(f, horizontalMax(f, peak), horizontalAdd(f, size))
        f.do(f32.store(at(to, block, 4), f32.mul(unit, factor)))
        const zero = f32x4.splatConst(0)
        const rounded = (index: number) => (index < parts.length ? roundToI32(f32x4.mul(parts[index], inverse)) : zero)
        for (let index = 0; index < Math.ceil(dims / keyGroupDims) * (keyGroupDims / 4); index += 2) {
          f.do(v128.store(place, i16x8.narrowI32S(rounded(index), rounded(index + 1)), index * 8))
        }
        f.set(place, ptr.add(place, ptr.const(blockDims * 2)))
        f.set(source, ptr.add(source, ptr.const(blockDims * 4)))
      })
    },

    emitScores(f, { keys, queries, scores, headDim, padded }) {
      const position = f.local('i32')
      const [panel, key] = [f.local('ptr', keys), f.local('ptr')]
      const vectors = lanes.map(() => f.local('v128'))
      const spare = lanes.map(() => f.local('v128'))
      const sums = tileSums(f, queries.length)
      const integers = tileSums(f, queries.length)
      const places = queries.map(() => f.local('ptr'))
      const pair = f.local('v128')
      const multiply = (operands: readonly V128[], code: number) =>
        integers.forEach((row, i) => {
          f.set(pair, v128.load32Splat(places[i], code * 4))
          row.forEach((integer, lane) => f.set(integer, i32x4.add(integer, i32x4.dotI16x8S(pair, operands[lane]))))
        })
      f.for(position, i32.const(0), padded, panelPositions, () => {
        for (const sum of sums.flat()) f.set(sum, f32x4.splatConst(0))
        f.set(key, ptr.add(panel, ptr.const(panelScaleBytes(headDim))))
        places.forEach((place, i) => f.set(place, ptr.add(queries[i], ptr.const(queryScaleBytes(headDim)))))
        eachBlock(f, headDim, (block, dims) => {
          for (const integer of integers.flat()) f.set(integer, i32x4.splatConst(0))
          eachGroup(f, dims, keyGroupDims, () => {
            for (let word = 0; word < words; word++) {
              vectors.forEach((vector, lane) => f.set(vector, v128.load(key, word * keyWordBytes + lane * 16)))
              multiply(vectors, word)
              spare.forEach((sum, lane) => f.set(sum, withPiece(packing, sum, vectors[lane], word)))
            }
            multiply(spare, words)
            f.set(key, ptr.add(key, ptr.const(words * keyWordBytes)))
            for (const place of places) f.set(place, ptr.add(place, ptr.const(codes * 4)))
          })
          const scales = f.local('ptr', at(panel, block, panelPositions * 4))
          vectors.forEach((vector, lane) => f.set(vector, v128.load(scales, lane * 16)))
          sums.forEach((row, i) => {
            f.set(pair, v128.load32Splat(at(queries[i], block, 4)))
            row.forEach((sum, lane) =>
              f.set(sum, f32x4.madd(f32x4.mul(f32x4.convertI32S(integers[i][lane]), pair), vectors[lane], sum)),
            )
          })
        })
        storeRows(f, scores, position, sums)
        f.set(panel, key)
      })
    },

    emitValues(f, { values, weights, working, outputs, headDim, present }) {
      const [column, pair] = [f.local('i32'), f.local('i32')]
      const [start, value] = [f.local('ptr', ptr.add(values, ptr.const(valueScaleBytes(headDim)))), f.local('ptr')]
      const vectors = lanes.map(() => f.local('v128'))
      const sums = tileSums(f, outputs.length)
      const integers = tileSums(f, outputs.length)
      const scales = outputs.map(() => f.local('f32'))
      const places = outputs.map(() => f.local('ptr'))
      const two = f.local('v128')
      // Weights of what is not visible are 0, up to the end of the page.
      const pairs = f.local('i32', i32.shrU(i32.add(present, i32.const(1)), i32.const(1)))
      f.for(column, i32.const(0), i32.const(valueDims(headDim)), valueGroupDims, () => {
        f.if(i32.eqz(i32.and(column, i32.const(blockDims - 1))), () => {
          const ofBlock = f.local('ptr', at(values, i32.shrU(column, i32.const(6)), pagePositions * 4))
          outputs.forEach((_, i) => emitWeightCodes(f, weights[i], ofBlock, working[i], scales[i]))
        })
        for (let first = 0; first < codes; first += 2) {
          for (const integer of integers.flat()) f.set(integer, i32x4.splatConst(0))
          f.set(value, start)
          places.forEach((place, i) => f.set(place, working[i]))
          f.for(pair, i32.const(0), pairs, unrolledPairs, () => {
            for (let part = 0; part < unrolledPairs; part++) {
              const offset = part * words * valueWordBytes
              vectors.forEach((vector, lane) => {
                const code = first + (lane >> 1)
                const wordAt = (word: number) => v128.load(value, offset + word * valueWordBytes + (lane & 1) * 16)
                if (code < words) f.set(vector, wordAt(code))
                else
                  for (let word = 0; word < words; word++) f.set(vector, withPiece(packing, vector, wordAt(word), word))
              })
              integers.forEach((row, i) => {
                f.set(two, v128.load32Splat(places[i], part * 4))
                row.forEach((integer, lane) => f.set(integer, i32x4.add(integer, i32x4.dotI16x8S(two, vectors[lane]))))
              })
            }
            f.set(value, ptr.add(value, ptr.const(unrolledPairs * words * valueWordBytes)))
            for (const place of places) f.set(place, ptr.add(place, ptr.const(unrolledPairs * 4)))
          })
          const columns = f.local('i32', i32.add(column, i32.const(first * wordDims)))
          loadRows(f, outputs, columns, sums)
          sums.forEach((row, i) => {
            f.set(two, f32x4.splat(scales[i]))
            row.forEach((sum, lane) => f.set(sum, f32x4.madd(f32x4.convertI32S(integers[i][lane]), two, sum)))
          })
          storeRows(f, outputs, columns, sums)
        }
        f.set(start, ptr.add(start, ptr.const(valueGroupBytes)))
      })
    },
  }
}

const unrolledPairs = 4

// --- words ------------------------------------------------------------------------------------------------------------

/** Values in units of a code to the words of one group; `valueOf` gives the value of each of its words + 1 codes. */
function encodeWords(f: FunctionBuilder, { words, bits }: Packing, valueOf: (code: number) => F32): I32[] {
  const pieceBits = 16 - bits
  const spare = f.local('i32', roundScalar(valueOf(words)))
  return Array.from({ length: words }, (_, word) => {
    const shifted = i32.shrS(spare, i32.const(bits - pieceBits * (word + 1)))
    const piece = f.local('i32', i32.and(shifted, i32.const(2 ** pieceBits - 1)))
    const rest = f32.sub(valueOf(word), f32.mul(f32.fromI32(piece), f32.const(2 ** -pieceBits)))
    return i32.or(i32.shl(roundScalar(rest), i32.const(pieceBits)), piece)
  })
}

/** Adds to the spare codes, which begin with word 0, what `vector` has of them. */
function withPiece({ bits }: Packing, spare: V128, vector: V128, word: number): V128 {
  const inUpperBits = i16x8.shl(vector, bits)
  return word === 0 ? inUpperBits : v128.or(spare, i16x8.shrU(inUpperBits, (16 - bits) * word))
}

/** The nearest integer of a float below 2^22. */
const roundScalar = (x: F32): I32 => i32.sub(i32.reinterpret(f32.add(x, f32.const(12582912))), i32.const(0x4b400000))

const scaledValue = (source: Ptr, dim: number, present: number, inverse: F32): F32 =>
  dim < present ? f32.mul(f32.load(source, dim * 4), inverse) : f32.const(0)

// --- scales -----------------------------------------------------------------------------------------------------------

/** What is below becomes 0: its inverse may be no number. */
const leastPeak = 1e-30

/** Scale of words whose codes are multiples of `inverse`. */
function storedScale(f: FunctionBuilder, source: Ptr, dims: number, { bits }: Packing) {
  const most = 2 ** (bits - 1) - 1
  const peaks = quartersOf(source, dims).map((part) => f32x4.abs(part))
  const peak = f.local('f32', horizontalMax(f, peaks.reduce((a, b) => f32x4.pmax(a, b)))) // prettier-ignore
  const inverse = f32.select(f32.gt(peak, f32.const(leastPeak)), f32.div(f32.const(most), peak), f32.const(0))
  return { scale: f32.mul(peak, f32.const(1 / (most * 2 ** (16 - bits)))), inverse: f.local('f32', inverse) }
}

/** Sizes of all codes together: products with words of up to 2^15 then stay below 2^31, roundings of 64 codes included. */
const mostOfAll = 65280

/** Unit of codes of which none is beyond 2^15 and all together are bounded. */
function boundedUnit(
  f: FunctionBuilder,
  peak: F32,
  sizes: F32,
): { readonly unit: Local<'f32'>; readonly inverse: V128 } {
  const unit = f.local('f32', f32.max(f32.mul(peak, f32.const(1 / 32767)), f32.mul(sizes, f32.const(1 / mostOfAll))))
  const inverse = f32.select(f32.gt(unit, f32.const(leastPeak)), f32.div(f32.const(1), unit), f32.const(0))
  return { unit, inverse: f.local('v128', f32x4.splat(inverse)) }
}

/** working = codes of weights * scales for 64 positions; sets `scale` to their unit. */
function emitWeightCodes(f: FunctionBuilder, weights: Ptr, scales: Ptr, working: Ptr, scale: Local<'f32'>): void {
  const offsets = Array.from({ length: pagePositions / 4 }, (_, index) => index * 16)
  const products = offsets.map((offset) =>
    f.local('v128', f32x4.mul(v128.load(weights, offset), v128.load(scales, offset))),
  )
  const sums = [0, 1, 2, 3].map((lane) => f.local('v128', f32x4.add(products[lane], products[lane + 4])))
  for (let index = 8; index < products.length; index++) {
    f.set(sums[index % 4], f32x4.add(sums[index % 4], products[index]))
  }
  const sum = horizontalAdd(f, f32x4.add(f32x4.add(sums[0], sums[1]), f32x4.add(sums[2], sums[3])))
  const unit = f.local('f32', f32.mul(sum, f32.const(1 / 32767)))
  const inverse = f.local(
    'v128',
    f32x4.splat(f32.select(f32.gt(unit, f32.const(leastPeak)), f32.div(f32.const(1), unit), f32.const(0))),
  )
  f.set(scale, unit)
  const whole = (index: number) => roundToI32(f32x4.mul(products[index], inverse))
  for (let index = 0; index < products.length; index += 2) {
    f.do(v128.store(working, i16x8.narrowI32S(whole(index), whole(index + 1)), index * 8))
  }
}

// --- loops ------------------------------------------------------------------------------------------------------------

/** Vectors of the floats at `source`; what is beyond `dims` is 0. */
function quartersOf(source: Ptr, dims: number): V128[] {
  return Array.from({ length: Math.ceil(dims / 4) }, (_, index) => {
    const offset = index * 16
    if (4 * (index + 1) <= dims) return v128.load(source, offset)
    return lanes
      .slice(1, dims % 4)
      .reduce<V128>(
        (vector, lane) => f32x4.replaceLane(vector, lane, f32.load(source, offset + 4 * lane)),
        v128.load32Zero(source, offset),
      )
  })
}

/** Runs `body` for each 64 of `headDim` dimensions and for what is left of them. */
function eachBlock(f: FunctionBuilder, headDim: number, body: (block: I32, dims: number) => void): void {
  const whole = Math.floor(headDim / blockDims)
  const rest = headDim % blockDims
  const block = f.local('i32')
  if (whole === 1) body(i32.const(0), blockDims)
  else f.for(block, i32.const(0), i32.const(whole), 1, () => body(block, blockDims))
  if (rest > 0) body(i32.const(whole), rest)
}

/** Runs `body` for each group of a block; `present`: how many of its dimensions there are. */
function eachGroup(f: FunctionBuilder, dims: number, groupDims: number, body: (present: number) => void): void {
  const whole = Math.floor(dims / groupDims)
  const rest = dims % groupDims
  f.for(f.local('i32'), i32.const(0), i32.const(whole), 1, () => body(groupDims))
  if (rest > 0) body(rest)
}
