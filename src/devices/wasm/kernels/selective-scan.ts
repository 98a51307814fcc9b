/**
 * The selective scan of Mamba: vectors run along the channels, a panel of them at a time, and states and A lie in panels too. So step
 * sizes, inputs and sums are whole vectors, and B and C are one number for all. What takes the time is one exponential a value.
 */
import { at, f32x4, i32, ptr, v128 } from '../asm/expression.ts'
import type { Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder, Local, ModuleBuilder } from '../asm/module.ts'
import { panelWidth } from '../channel-panels.ts'
import { field, stepFields } from '../step-layout.ts'
import { countChunks, emitTokens, stateFieldNames, storeLanes } from './recurrence.ts'
import { activations, exp2, softplus } from './vector-math.ts'
import { emitChunks } from './work.ts'

export const selectiveScanFields = stepFields(
  ...stateFieldNames, 'u', 'uStride', 'delta', 'deltaStride', 'B', 'bStride', 'C', 'cStride', 'z', 'zStride',
  'A', 'D', 'deltaBias', 'output', 'channels',
) // prettier-ignore

const rowNames = ['u', 'delta', 'z', 'B', 'C'] as const
const strides = { u: 'uStride', delta: 'deltaStride', z: 'zStride', B: 'bStride', C: 'cStride' } as const
type Rows = Readonly<Record<(typeof rowNames)[number] | 'output', Local<'ptr'>>>

/** One vector at a time takes 2.3 times as long, since V8 packs only neighbours; two, 1.4 times. */
const offsets = Array.from({ length: panelWidth / 4 }, (_, vector) => 16 * vector)

export interface SelectiveScanShape {
  /** N: values of a channel's state. */
  readonly stateSize: number
  /** Channels of the last panel, where it is not whole. */
  readonly rest: number
}

/** u, delta, z, output [T, C]; B, C [T, N]; A and the state in panels [N, panelWidth] of C; D, deltaBias [C]. */
export function emitSelectiveScan(module: ModuleBuilder, { stateSize, rest }: SelectiveScanShape): FunctionBuilder {
  return module.function(`selective_scan_${stateSize}_${rest}`, ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const channels = f.local('i32', field.integer(step, selectiveScanFields.channels))
    const rows = Object.fromEntries([...rowNames, 'output'].map((name) => [name, f.local('ptr')])) as Rows
    const rowStrides = rowNames.map((name) =>
      f.local('ptr', ptr.from(field.integer(step, selectiveScanFields[strides[name]]))),
    )
    const outputStride = f.local('ptr', ptr.mul(ptr.from(channels), ptr.const(4)))
    const panelBytes = 4 * panelWidth * stateSize
    const left = f.local('i32')
    emitChunks(f, step, countChunks(channels), 1, (panel) => {
      for (const name of rowNames) {
        const base = field.address(step, selectiveScanFields[name])
        f.set(rows[name], name === 'B' || name === 'C' ? base : at(base, panel, 4 * panelWidth))
      }
      f.set(rows.output, at(field.address(step, selectiveScanFields.output), panel, 4 * panelWidth))
      f.set(left, i32.sub(channels, i32.mul(panel, i32.const(panelWidth))))
      const decays = f.local('ptr', at(field.address(step, selectiveScanFields.A), panel, panelBytes))
      const ofPanel = (name: 'D' | 'deltaBias') =>
        f.local('ptr', at(field.address(step, selectiveScanFields[name]), panel, 4 * panelWidth))
      const shared = { rows, decays, skip: ofPanel('D'), bias: ofPanel('deltaBias'), stateSize }
      const clear = (state: Ptr): void => f.fill(at(state, panel, panelBytes), i32.const(0), ptr.const(panelBytes))
      emitTokens(f, step, selectiveScanFields, clear, (_token, state) => {
        const token = { ...shared, h: f.local('ptr', at(state, panel, panelBytes)) }
        if (rest === 0) emitToken(f, token, panelWidth)
        else
          f.if(
            i32.ltS(left, i32.const(panelWidth)),
            () => emitToken(f, token, rest),
            () => emitToken(f, token, panelWidth),
          )
        rowNames.forEach((name, index) => f.set(rows[name], ptr.add(rows[name], rowStrides[index])))
        f.set(rows.output, ptr.add(rows.output, outputStride))
      })
    })
  })
}

interface PanelToken {
  readonly rows: Rows
  readonly decays: Ptr
  readonly skip: Ptr
  readonly bias: Ptr
  readonly h: Ptr
  readonly stateSize: number
}

/** h = exp(dt A) h + dt u B, and (h C + D u) silu(z), for one token and the channels of a panel; stores the first `lanes`. */
function emitToken(f: FunctionBuilder, { rows, decays, skip, bias, h, stateSize }: PanelToken, lanes: number): void {
  const keep = (values: readonly V128[]): Local<'v128'>[] => values.map((value) => f.local('v128', value))
  const load = (base: Ptr): Local<'v128'>[] => keep(offsets.map((offset) => v128.load(base, offset)))
  const u = load(rows.u)
  const dt = keep(offsets.map((at) => softplus(f, f32x4.add(v128.load(rows.delta, at), v128.load(bias, at)))))
  const inputs = keep(dt.map((size, part) => f32x4.mul(size, u[part])))
  const powers = keep(dt.map((size) => f32x4.mul(size, f32x4.splatConst(Math.LOG2E)))) // of 2 instead of e
  const sums = keep(offsets.map((offset, part) => f32x4.mul(v128.load(skip, offset), u[part])))
  const place = { decays: f.local('ptr', decays), h: f.local('ptr', h) }
  const key = f.local('ptr', rows.B)
  const query = f.local('ptr', rows.C)
  const n = f.local('i32')
  f.for(n, i32.const(0), i32.const(stateSize), 1, () => {
    const B = f.local('v128', v128.load32Splat(key))
    const C = f.local('v128', v128.load32Splat(query))
    const states = keep(
      offsets.map((offset, part) => {
        const decay = exp2(f, f32x4.mul(powers[part], v128.load(place.decays, offset)))
        return f32x4.madd(decay, v128.load(place.h, offset), f32x4.mul(inputs[part], B))
      }),
    )
    states.forEach((state, part) => f.do(v128.store(place.h, state, offsets[part])))
    states.forEach((state, part) => f.set(sums[part], f32x4.madd(state, C, sums[part])))
    for (const pointer of Object.values(place)) f.set(pointer, ptr.add(pointer, ptr.const(4 * panelWidth)))
    f.set(key, ptr.add(key, ptr.const(4)))
    f.set(query, ptr.add(query, ptr.const(4)))
  })
  const gates = keep(offsets.map((offset) => activations.silu(f, f.local('v128', v128.load(rows.z, offset)))))
  const results = keep(sums.map((sum, part) => f32x4.mul(sum, gates[part])))
  results.forEach((result, part) => {
    const own = Math.min(4, lanes - 4 * part)
    if (own > 0) storeLanes(f, rows.output, result, own, offsets[part])
  })
}
