/**
 * The state-space dual of Mamba-2 as a recurrence, four channels of a head at a time: the decay is one number for a head, so the state is
 * read, scaled, added to and summed in one pass. The chunked form of the paper does as many products for P values a head and N values a
 * channel, but in another order for every length of a run.
 */
import { at, f32x4, i32, i32x4, ptr, v128 } from '../asm/expression.ts'
import type { Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder, Local, ModuleBuilder } from '../asm/module.ts'
import { field, stepFields } from '../step-layout.ts'
import {
  channelsPerChunk, emitChannelGroups, emitTokens, lanes32, stateFieldNames, storeLanes, sumsOfFour,
} from './recurrence.ts' // prettier-ignore
import { exp, softplus } from './vector-math.ts'
import { emitChunks } from './work.ts'

export const ssdFields = stepFields(
  ...stateFieldNames, 'x', 'xStride', 'dt', 'dtStride', 'B', 'bStride', 'C', 'cStride',
  'A', 'D', 'dtBias', 'output', 'heads', 'groups',
) // prettier-ignore

const rowNames = ['x', 'dt', 'B', 'C'] as const
const strides = { x: 'xStride', dt: 'dtStride', B: 'bStride', C: 'cStride' } as const
type Rows = Readonly<Record<(typeof rowNames)[number], Local<'ptr'>>>

export interface SsdShape {
  /** N: values of a channel's state. */
  readonly stateSize: number
  /** P: channels of a head. */
  readonly headDim: number
}

/** x, output [T, H * P]; dt [T, H]; B, C [T, G * N]; A, D, dtBias [H]; state [H, P, N]. */
export function emitSsd(module: ModuleBuilder, { stateSize, headDim }: SsdShape): FunctionBuilder {
  return module.function(`ssd_${stateSize}_${headDim}`, ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const heads = f.local('i32', field.integer(step, ssdFields.heads))
    const rowBytes = f.local('ptr', ptr.mul(ptr.from(heads), ptr.const(4 * headDim)))
    const rows = Object.fromEntries(rowNames.map((name) => [name, f.local('ptr')])) as Rows
    const rowStrides = rowNames.map((name) => f.local('ptr', ptr.from(field.integer(step, ssdFields[strides[name]]))))
    const output = f.local('ptr')
    const h = f.local('ptr')
    const head = f.local('i32')
    const stateBytes = 4 * stateSize
    const chunksPerHead = Math.ceil(headDim / channelsPerChunk)
    emitChunks(f, step, i32.mul(heads, i32.const(chunksPerHead)), 1, (item) => {
      f.set(head, i32.divU(item, i32.const(chunksPerHead)))
      const chunk = f.local('i32', i32.remU(item, i32.const(chunksPerHead)))
      const ofHead = (name: 'A' | 'D' | 'dtBias') =>
        f.local('v128', v128.load32Splat(at(field.address(step, ssdFields[name]), head, 4)))
      const [A, D, bias] = [ofHead('A'), ofHead('D'), ofHead('dtBias')]
      const group = f.local('i32', i32.divU(i32.mul(head, field.integer(step, ssdFields.groups)), heads))
      emitChannelGroups(f, chunk, i32.const(headDim), headDim % 4, (channel, lanes) => {
        const first = f.local('i32', i32.add(i32.mul(head, i32.const(headDim)), channel))
        f.set(rows.x, at(field.address(step, ssdFields.x), first, 4))
        f.set(rows.dt, at(field.address(step, ssdFields.dt), head, 4))
        f.set(rows.B, at(field.address(step, ssdFields.B), group, stateBytes))
        f.set(rows.C, at(field.address(step, ssdFields.C), group, stateBytes))
        f.set(output, at(field.address(step, ssdFields.output), first, 4))
        const clear = (state: Ptr): void =>
          f.fill(at(state, first, stateBytes), i32.const(0), ptr.const(lanes * stateBytes))
        emitTokens(f, step, ssdFields, clear, (_token, state) => {
          f.set(h, at(state, first, stateBytes))
          const x = f.local('v128', v128.load(rows.x))
          const dt = f.local('v128', softplus(f, f32x4.add(v128.load32Splat(rows.dt), bias)))
          const decay = exp(f, f32x4.mul(dt, A))
          const sums = emitHeadStep(f, { lanes, input: f.local('v128', f32x4.mul(dt, x)), decay, h, rows, stateSize })
          storeLanes(f, output, f32x4.madd(D, x, sums), lanes)
          rowNames.forEach((name, index) => f.set(rows[name], ptr.add(rows[name], rowStrides[index] as Ptr)))
          f.set(output, ptr.add(output, rowBytes))
        })
      })
    })
  })
}

interface HeadStep {
  readonly lanes: number
  /** dt x of four channels. */
  readonly input: V128
  readonly decay: V128
  readonly h: Ptr
  readonly rows: Rows
  readonly stateSize: number
}

/** h = decay h + dt x B for up to four channels; gives their h C. */
function emitHeadStep(f: FunctionBuilder, { lanes, input, decay, h, rows, stateSize }: HeadStep): V128 {
  const channels = Array.from({ length: lanes }, (_, lane) => ({
    input: f.local('v128', lanes32(input, input, [lane, lane, lane, lane])),
    start: 4 * lane * stateSize,
    sums: [0, 1].map(() => f.local('v128', f32x4.splatConst(0))) as [Local<'v128'>, Local<'v128'>],
  }))
  const places = { h: f.local('ptr', h), B: f.local('ptr', rows.B), C: f.local('ptr', rows.C) }
  const move = (bytes: number): void =>
    Object.values(places).forEach((place) => f.set(place, ptr.add(place, ptr.const(bytes))))
  const advance = (channel: (typeof channels)[number], B: V128, offset: number): V128 =>
    f.local('v128', f32x4.madd(decay, v128.load(places.h, channel.start + offset), f32x4.mul(channel.input, B)))

  // Two vectors side by side, which V8 packs into one.
  const pairs = Math.floor(stateSize / 8)
  const visit = (offsets: readonly number[]): void => {
    const B = offsets.map((offset) => f.local('v128', v128.load(places.B, offset)))
    const C = offsets.map((offset) => f.local('v128', v128.load(places.C, offset)))
    for (const channel of channels) {
      const states = offsets.map((offset, half) => advance(channel, B[half] as V128, offset))
      offsets.forEach((offset, half) => f.do(v128.store(places.h, states[half] as V128, channel.start + offset)))
      states.forEach((state, half) => {
        const sum = channel.sums[half] as Local<'v128'>
        f.set(sum, f32x4.madd(state, C[half] as V128, sum))
      })
    }
  }
  const pair = f.local('i32')
  f.for(pair, i32.const(0), i32.const(pairs), 1, () => {
    visit([0, 16])
    move(32)
  })
  if (stateSize % 8 >= 4) {
    visit([0])
    move(16)
  }
  const left = stateSize % 4
  if (left > 0) {
    // The other lanes hold what belongs to others, perhaps no number.
    const mask = i32x4.constant(-1, left > 1 ? -1 : 0, left > 2 ? -1 : 0, 0)
    for (const channel of channels) {
      const state = advance(channel, v128.load(places.B), 0)
      storeLanes(f, places.h, state, left, channel.start)
      const [sum] = channel.sums
      f.set(sum, f32x4.add(sum, v128.and(mask, f32x4.mul(state, v128.load(places.C)))))
    }
  }
  const totals = [0, 1, 2, 3].map((lane) => {
    const channel = channels[lane]
    return channel === undefined ? f32x4.splatConst(0) : f.local('v128', f32x4.add(...channel.sums))
  })
  return sumsOfFour(f, totals as [V128, V128, V128, V128])
}
