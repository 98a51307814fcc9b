/** The selective scan of Mamba: vectors run along the N values of a channel, four channels at a time. */
import { at, f32x4, i32, i32x4, ptr, v128 } from '../asm/expression.ts'
import type { Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder, Local, ModuleBuilder } from '../asm/module.ts'
import { field, stepFields } from '../step-layout.ts'
import {
  countChunks, emitChannelGroups, emitTokens, lanes32, stateFieldNames, storeLanes, sumsOfFour,
} from './recurrence.ts' // prettier-ignore
import { activations, exp2, softplus } from './vector-math.ts'
import { emitChunks } from './work.ts'

export const selectiveScanFields = stepFields(
  ...stateFieldNames, 'u', 'uStride', 'delta', 'deltaStride', 'B', 'bStride', 'C', 'cStride', 'z', 'zStride',
  'A', 'D', 'deltaBias', 'output', 'channels',
) // prettier-ignore

const rowNames = ['u', 'delta', 'z', 'B', 'C'] as const
const strides = { u: 'uStride', delta: 'deltaStride', z: 'zStride', B: 'bStride', C: 'cStride' } as const

export interface SelectiveScanShape {
  /** N: values of a channel's state. */
  readonly stateSize: number
  /** Channels beyond the last whole vector. */
  readonly rest: number
}

/** u, delta, z, output [T, C]; B, C [T, N]; A and the state [C, N]; D, deltaBias [C]. */
export function emitSelectiveScan(module: ModuleBuilder, { stateSize, rest }: SelectiveScanShape): FunctionBuilder {
  return module.function(`selective_scan_${stateSize}_${rest}`, ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const channels = f.local('i32', field.integer(step, selectiveScanFields.channels))
    const rowBytes = f.local('ptr', ptr.mul(ptr.from(channels), ptr.const(4)))
    const rows = Object.fromEntries(rowNames.map((name) => [name, f.local('ptr')])) as Rows
    const rowStrides = rowNames.map((name) =>
      f.local('ptr', ptr.from(field.integer(step, selectiveScanFields[strides[name]]))),
    )
    const output = f.local('ptr')
    const h = f.local('ptr')
    emitChunks(f, step, countChunks(channels), 1, (chunk) => {
      emitChannelGroups(f, chunk, channels, rest, (channel, lanes) => {
        const ofChannel = (name: 'u' | 'delta' | 'z' | 'D' | 'deltaBias' | 'output') =>
          at(field.address(step, selectiveScanFields[name]), channel, 4)
        const decays = f.local('ptr', at(field.address(step, selectiveScanFields.A), channel, 4 * stateSize))
        const skip = f.local('v128', v128.load(ofChannel('D')))
        const bias = f.local('v128', v128.load(ofChannel('deltaBias')))
        for (const name of ['u', 'delta', 'z'] as const) f.set(rows[name], ofChannel(name))
        f.set(rows.B, field.address(step, selectiveScanFields.B))
        f.set(rows.C, field.address(step, selectiveScanFields.C))
        f.set(output, ofChannel('output'))
        const stateBytes = 4 * stateSize
        const clear = (state: Ptr): void =>
          f.fill(at(state, channel, stateBytes), i32.const(0), ptr.const(lanes * stateBytes))
        emitTokens(f, step, selectiveScanFields, clear, (_token, state) => {
          f.set(h, at(state, channel, stateBytes))
          const u = f.local('v128', v128.load(rows.u))
          const dt = f.local('v128', softplus(f, f32x4.add(v128.load(rows.delta), bias)))
          const sums = [0, 1, 2, 3].map((lane) =>
            lane < lanes ? emitChannel(f, { lane, u, dt, decays, h, rows, stateSize }) : f32x4.splatConst(0),
          )
          const sum = f32x4.madd(skip, u, sumsOfFour(f, sums as [V128, V128, V128, V128]))
          storeLanes(f, output, f32x4.mul(sum, activations.silu(f, f.local('v128', v128.load(rows.z)))), lanes)
          rowNames.forEach((name, index) => f.set(rows[name], ptr.add(rows[name], rowStrides[index])))
          f.set(output, ptr.add(output, rowBytes))
        })
      })
    })
  })
}

type Rows = Readonly<Record<(typeof rowNames)[number], Local<'ptr'>>>

interface ChannelStep {
  readonly lane: number
  readonly u: V128
  readonly dt: V128
  readonly decays: Ptr
  readonly h: Ptr
  readonly rows: Rows
  readonly stateSize: number
}

/** h = exp(dt A) h + dt u B for one of four channels; gives h C, whose lanes are still to be added. */
function emitChannel(f: FunctionBuilder, { lane, u, dt, decays, h, rows, stateSize }: ChannelStep): V128 {
  const splat = (value: V128): V128 => {
    const x = f.local('v128', value)
    return lanes32(x, x, [lane, lane, lane, lane])
  }
  const step = f.local('v128', splat(f32x4.mul(dt, f32x4.splatConst(Math.LOG2E)))) // of powers of 2 instead of e
  const input = f.local('v128', splat(f32x4.mul(dt, u)))
  // Each channel has pointers of its own: V8's re-vectoriser packs neighbouring stores, and gets those of two channels wrong.
  const start = ptr.const(4 * lane * stateSize)
  const own = { decays: f.local('ptr', ptr.add(decays, start)), h: f.local('ptr', ptr.add(h, start)) }
  const advance = (offset: number): V128 => {
    const decay = exp2(f, f32x4.mul(step, v128.load(own.decays, offset)))
    return f.local('v128', f32x4.madd(decay, v128.load(own.h, offset), f32x4.mul(input, v128.load(rows.B, offset))))
  }
  const vectors = Math.floor(stateSize / 4)
  const sums = [0, 1].map(() => f.local('v128', f32x4.splatConst(0)))
  // Two vectors side by side, which V8 packs into one.
  for (let pair = 0; pair < vectors; pair += 2) {
    const offsets = [16 * pair, 16 * (pair + 1)].slice(0, vectors - pair)
    const states = offsets.map(advance)
    states.forEach((state, half) => f.do(v128.store(own.h, state, offsets[half])))
    states.forEach((state, half) => f.set(sums[half], f32x4.madd(state, v128.load(rows.C, offsets[half]), sums[half])))
  }
  const left = stateSize % 4
  if (left > 0) {
    const offset = 16 * vectors
    const state = advance(offset)
    storeLanes(f, own.h, state, left, offset)
    // The other lanes hold what belongs to others, perhaps no number.
    const mask = i32x4.constant(-1, left > 1 ? -1 : 0, left > 2 ? -1 : 0, 0)
    f.set(sums[0], f32x4.add(sums[0], v128.and(mask, f32x4.mul(state, v128.load(rows.C, offset)))))
  }
  return f.local('v128', f32x4.add(sums[0], sums[1]))
}
