/**
 * The real-gated linear recurrent unit in two steps. The first turns each token's row into a and b of h = a h + b: two block-diagonal
 * products, in tiles of tokens by outputs. The second walks the tokens in order, all channels of a stripe at once.
 *
 * Coefficients lie as [T][a, b][blocks][width up to a whole vector], so that the first step has no partial vectors; what its last
 * lanes hold belongs to nobody.
 */
import { at, f32, f32x4, i32, i32x4, ptr, v128 } from '../asm/expression.ts'
import type { I32, Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder, Local, ModuleBuilder } from '../asm/module.ts'
import { field, stepFields } from '../step-layout.ts'
import { emitTokens, stateFieldNames } from './recurrence.ts'
import { exp, expm1, sigmoid, softplus } from './vector-math.ts'
import { emitChunks } from './work.ts'

export const rgLruGateFields = stepFields(
  'x',
  'lambda',
  'inputGate',
  'inputGateBias',
  'recurrentGate',
  'recurrentGateBias',
  'positions',
  'output',
  'tokens',
  'blocks',
  'blockWidth',
)

export const rgLruScanFields = stepFields(...stateFieldNames, 'coefficients', 'output', 'blocks', 'blockWidth')

/** Channels that one thread takes at a time; a multiple of a cache line. */
const stripeWidth = 64
const tileTokens = 4
/** Two gates of two vectors for four tokens: sums for half of the registers there are, once V8 has packed the pairs. */
const tileVectors = 2
/** Vectors of one cache line: a single token reads whole lines of the gates. */
const lineVectors = 4
/** Equation 4 of Griffin. */
const gateExponent = 8

/** f32 values of one token's row of coefficients. */
export const coefficientsPerToken = (blocks: number, blockWidth: number): number =>
  2 * blocks * Math.ceil(blockWidth / 4) * 4

export function emitRgLruGates(module: ModuleBuilder): FunctionBuilder {
  return module.function('rg_lru_gates', ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const shape = blockShape(f, step, rgLruGateFields)
    const tokens = f.local('i32', field.dynamic(step, rgLruGateFields.tokens))
    const groups = f.local('i32', ceilDivide(tokens, tileTokens))
    const column = f.local('i32')
    // Stripe by stripe, so that its weights stay near while all tokens pass.
    emitChunks(f, step, i32.mul(shape.stripes, groups), 1, (item) => {
      const stripe = placeStripe(f, i32.divU(item, groups), shape)
      const first = f.local('i32', i32.mul(i32.remU(item, groups), i32.const(tileTokens)))
      const rest = f.local('i32', i32.sub(tokens, first))
      const tile = { step, shape, stripe, first, rest, column }
      const across = (tokens: number, vectors: number): void => {
        const whole = f.local('i32', i32.and(stripe.count, i32.const(-4 * vectors)))
        f.for(column, i32.const(0), whole, 4 * vectors, () => emitSums(f, tile, tokens, vectors))
        f.for(column, whole, stripe.count, 4, () => emitSums(f, tile, tokens, 1))
      }
      f.if(
        i32.eq(rest, i32.const(1)),
        () => across(1, lineVectors),
        () => across(tileTokens, tileVectors),
      )
      emitCoefficients(f, tile)
    })
  })
}

export function emitRgLruScan(module: ModuleBuilder): FunctionBuilder {
  return module.function('rg_lru_scan', ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const shape = blockShape(f, step, rgLruScanFields)
    const column = f.local('i32')
    const [a, b, h, output] = [f.local('ptr'), f.local('ptr'), f.local('ptr'), f.local('ptr')]
    emitChunks(f, step, shape.stripes, 1, (item) => {
      const stripe = placeStripe(f, item, shape)
      const whole = f.local('i32', i32.and(stripe.count, i32.const(-4)))
      const clear = (state: Ptr): void =>
        f.fill(at(state, stripe.channel, 4), i32.const(0), ptr.mul(ptr.from(stripe.count), ptr.const(4)))
      emitTokens(f, step, rgLruScanFields, clear, (token, state) => {
        f.set(a, coefficientsOf(field.address(step, rgLruScanFields.coefficients), token, stripe, shape))
        f.set(b, at(a, shape.padded, 4))
        f.set(h, at(state, stripe.channel, 4))
        f.set(output, rowOf(field.address(step, rgLruScanFields.output), token, stripe.channel, shape))
        f.for(column, i32.const(0), whole, 4, () => {
          const [decay, before, added] = [a, h, b].map((base) => v128.load(at(base, column, 4)))
          const after = f.local('v128', f32x4.madd(decay, before, added))
          f.do(v128.store(at(h, column, 4), after))
          f.do(v128.store(at(output, column, 4), after))
        })
        // The next channels may be another thread's, so the last ones go one by one.
        f.for(column, whole, stripe.count, 1, () => {
          const [decay, before, added] = [a, h, b].map((base) => f32.load(at(base, column, 4)))
          const after = f.local('f32', f32.add(f32.mul(decay, before), added))
          f.do(f32.store(at(h, column, 4), after))
          f.do(f32.store(at(output, column, 4), after))
        })
      })
    })
  })
}

interface BlockShape {
  readonly width: Local<'i32'>
  /** R. */
  readonly channels: Local<'i32'>
  /** Values of a, and of b, of one token. */
  readonly padded: Local<'i32'>
  readonly paddedWidth: Local<'i32'>
  readonly stripesPerBlock: Local<'i32'>
  readonly stripes: Local<'i32'>
}

interface Stripe {
  readonly block: Local<'i32'>
  /** First channel, counted in its block and in all. */
  readonly start: Local<'i32'>
  readonly channel: Local<'i32'>
  readonly count: Local<'i32'>
}

function blockShape(
  f: FunctionBuilder,
  step: Ptr,
  fields: { readonly blocks: number; readonly blockWidth: number },
): BlockShape {
  const width = f.local('i32', field.integer(step, fields.blockWidth))
  const blocks = f.local('i32', field.integer(step, fields.blocks))
  const paddedWidth = f.local('i32', i32.and(i32.add(width, i32.const(3)), i32.const(-4)))
  const stripesPerBlock = f.local('i32', ceilDivide(width, stripeWidth))
  return {
    width,
    channels: f.local('i32', i32.mul(blocks, width)),
    padded: f.local('i32', i32.mul(blocks, paddedWidth)),
    paddedWidth,
    stripesPerBlock,
    stripes: f.local('i32', i32.mul(blocks, stripesPerBlock)),
  }
}

function placeStripe(f: FunctionBuilder, index: I32, { width, stripesPerBlock }: BlockShape): Stripe {
  const block = f.local('i32', i32.divU(index, stripesPerBlock))
  const start = f.local('i32', i32.mul(i32.remU(index, stripesPerBlock), i32.const(stripeWidth)))
  return {
    block,
    start,
    channel: f.local('i32', i32.add(i32.mul(block, width), start)),
    count: f.local('i32', i32.min(i32.sub(width, start), i32.const(stripeWidth))),
  }
}

interface Tile {
  readonly step: Ptr
  readonly shape: BlockShape
  readonly stripe: Stripe
  readonly first: Local<'i32'>
  /** Tokens from `first` on; where they are fewer than the tile has, the last one is done again. */
  readonly rest: Local<'i32'>
  /** Within the stripe. */
  readonly column: Local<'i32'>
}

/**
 * What goes into the gates of `tokens` tokens by `vectors` vectors of channels, in the places of a and b. Each sum runs over the inputs
 * in order, whatever the tile.
 */
function emitSums(f: FunctionBuilder, tile: Tile, tokens: number, vectors: number): void {
  const { step, shape, stripe, first, rest, column } = tile
  const channel = f.local('i32', i32.add(stripe.channel, column))
  const gates = (
    [
      ['recurrentGate', 'recurrentGateBias'],
      ['inputGate', 'inputGateBias'],
    ] as const
  ).map(([weight, biasName]) => {
    const bias = f.local('ptr', at(field.address(step, rgLruGateFields[biasName]), channel, 4))
    return {
      weights: f.local('ptr', gateAt(field.address(step, rgLruGateFields[weight]), stripe, shape, column)),
      values: times(vectors, () => f.local('v128')),
      sums: times(tokens, () => times(vectors, (vector) => f.local('v128', v128.load(bias, vector * 16)))),
    }
  })
  const rows = times(tokens, (token) => f.local('i32', i32.add(first, i32.min(i32.const(token), lastOf(rest)))))
  const x = field.address(step, rgLruGateFields.x)
  const inputs = rows.map((row) => f.local('ptr', rowOf(x, row, i32.mul(stripe.block, shape.width), shape)))
  const rowBytes = f.local('ptr', ptr.mul(ptr.from(shape.width), ptr.const(4)))
  const index = f.local('i32')
  f.for(index, i32.const(0), shape.width, 1, () => {
    for (const { weights, values } of gates) {
      values.forEach((value, vector) => f.set(value, v128.load(weights, vector * 16)))
      f.set(weights, ptr.add(weights, rowBytes))
    }
    inputs.forEach((input, token) => {
      const value = f.local('v128', v128.load32Splat(input))
      for (const { values, sums } of gates) {
        sums[token].forEach((sum, vector) => f.set(sum, f32x4.madd(values[vector], value, sum)))
      }
      f.set(input, ptr.add(input, ptr.const(4)))
    })
  })
  rows.forEach((row, token) => {
    const output = field.address(step, rgLruGateFields.output)
    const a = f.local('ptr', at(coefficientsOf(output, row, stripe, shape), column, 4))
    const b = f.local('ptr', at(a, shape.padded, 4))
    for (const [place, { sums }] of [
      [a, gates[0]],
      [b, gates[1]],
    ] as const) {
      sums[token].forEach((sum, vector) => f.do(v128.store(place, sum, vector * 16)))
    }
  })
}

/** Makes a and b of the sums, for all channels of the stripe and each token of the tile. */
function emitCoefficients(f: FunctionBuilder, tile: Tile): void {
  const { stripe, column } = tile
  const whole = f.local('i32', i32.and(stripe.count, i32.const(-8)))
  f.for(column, i32.const(0), whole, 8, () => emitCoefficientVectors(f, tile, 2))
  f.for(column, whole, stripe.count, 4, () => emitCoefficientVectors(f, tile, 1))
}

function emitCoefficientVectors(f: FunctionBuilder, tile: Tile, vectors: number): void {
  const { step, shape, stripe, first, rest, column } = tile
  const address = (name: 'lambda' | 'x' | 'output' | 'positions'): Ptr => field.address(step, rgLruGateFields[name])
  const keep = (value: (vector: number) => V128): Local<'v128'>[] =>
    times(vectors, (vector) => f.local('v128', value(vector)))
  const load = (from: Ptr): Local<'v128'>[] => keep((i) => v128.load(from, 16 * i))
  const lambda = load(f.local('ptr', at(address('lambda'), i32.add(stripe.channel, column), 4)))
  const rates = keep((i) => f32x4.mul(softplus(f, lambda[i]), f32x4.splatConst(-gateExponent)))
  const token = f.local('i32')
  f.for(token, first, i32.add(first, i32.min(rest, i32.const(tileTokens))), 1, () => {
    const a = f.local('ptr', at(coefficientsOf(address('output'), token, stripe, shape), column, 4))
    const b = f.local('ptr', at(a, shape.padded, 4))
    const u = load(f.local('ptr', rowOf(address('x'), token, i32.add(stripe.channel, column), shape)))
    const position = f.local('ptr', at(address('positions'), token, 4))
    const [recurrentSums, inputSums] = [load(a), load(b)]
    const logA = keep((i) => f32x4.mul(rates[i], sigmoid(f, recurrentSums[i])))
    const gated = keep((i) => f32x4.mul(sigmoid(f, inputSums[i]), u[i]))
    // 1 - a^2 by expm1: a is so near 1 that the difference would cancel.
    const kept = keep((i) => f32x4.sqrt(f32x4.neg(expm1(f, f32x4.add(logA[i], logA[i])))))
    const isFirst = keep(() => i32x4.eq(v128.load32Splat(position), i32x4.splatConst(0)))
    const inputs = keep((i) => f32x4.mul(v128.bitselect(f32x4.splatConst(1), kept[i], isFirst[i]), gated[i]))
    const decays = keep((i) => exp(f, logA[i]))
    inputs.forEach((input, i) => f.do(v128.store(b, input, 16 * i)))
    decays.forEach((decay, i) => f.do(v128.store(a, decay, 16 * i)))
  })
}

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))

const ceilDivide = (value: I32, by: number): I32 => i32.divU(i32.add(value, i32.const(by - 1)), i32.const(by))

const lastOf = (count: I32): I32 => i32.sub(count, i32.const(1))

/** Row 0 of a block's gate [w, w], at the column of the tile. */
function gateAt(base: Ptr, { block, start }: Stripe, { width }: BlockShape, column: I32): Ptr {
  return at(base, i32.add(i32.add(i32.mul(i32.mul(block, width), width), start), column), 4)
}

/** Channel of a row of R values. */
const rowOf = (base: Ptr, token: I32, channel: I32, { channels }: BlockShape): Ptr =>
  at(base, i32.add(i32.mul(token, channels), channel), 4)

/** Where `a` of a token lies for the first channel of a stripe; b lies `padded` values on. */
function coefficientsOf(base: Ptr, token: I32, { block, start }: Stripe, { padded, paddedWidth }: BlockShape): Ptr {
  const row = i32.mul(i32.mul(token, i32.const(2)), padded)
  return at(base, i32.add(row, i32.add(i32.mul(block, paddedWidth), start)), 4)
}
