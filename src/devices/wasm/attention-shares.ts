/**
 * What a query gives to the positions that it sees, for looking at attention: a module of its own, made of the same code as the kernel's
 * and compiled when somebody first looks, so that programs which nobody watches are what they are.
 */
import type { WasmMemory } from '../../util/platform-types.ts'
import { pageTokens } from '../../tensor/device.ts'
import type { AttendingQuery } from '../../tensor/device.ts'
import { at, f32, f32x4, i32, v128 } from './asm/expression.ts'
import type { F32, I32, V128 } from './asm/expression.ts'
import type { FunctionBuilder, Local, ModuleOptions } from './asm/module.ts'
import { ModuleBuilder } from './asm/module.ts'
import { pagePositions } from './kernels/cache-codec.ts'
import type { CacheCodec } from './kernels/cache-codec.ts'
import { exp, horizontalAdd, horizontalMax, tanh } from './kernels/vector-math.ts'

/** Addresses in the one memory. */
export interface SharePlaces {
  /** f32 [headDim] */
  readonly query: number
  /** Working memory for the query as the codec encodes it. */
  readonly encoded: number
  /** The head's pages. */
  readonly keys: number
  /** i32 [tablePages]: pages of the sequence. */
  readonly table: number
  /** f32 [pages][64]: where the shares of the page of position `from` and those after it go. */
  readonly shares: number
}

/** Gives the address of the share of position `from`. */
export type ComputeShares = (
  places: SharePlaces,
  query: Pick<AttendingQuery, 'from' | 'to' | 'scale' | 'softcap'>,
) => number

type Compiled = (
  ...parameters: [query: Pointer, encoded: Pointer, keys: Pointer, table: Pointer, shares: Pointer, ...number[]]
) => void
type Pointer = number | bigint

/** @param options those of the program's own module, whose memory it shares */
export function compileAttentionShares(
  memory: WasmMemory,
  options: ModuleOptions,
  codec: CacheCodec,
  headDim: number,
): ComputeShares {
  const builder = new ModuleBuilder({ ...options, label: 'attention shares' })
  const signature = ['ptr', 'ptr', 'ptr', 'ptr', 'ptr', 'i32', 'i32', 'f32', 'f32'] as const
  builder.function('shares', signature, undefined, (f) => {
    const [query, encoded, base, table, shares] = [0, 1, 2, 3, 4].map((index) => f.parameter(index, 'ptr'))
    const [from, to] = [5, 6].map((index) => f.parameter(index, 'i32'))
    const [scale, softcap] = [7, 8].map((index) => f.parameter(index, 'f32'))
    const first = f.local('i32', i32.divU(from, i32.const(pagePositions)))
    const page = f.local('i32', first)
    const target = f.local('ptr', shares)
    codec.emitQuery(f, query, scale, encoded, headDim)
    f.while(i32.ltS(i32.mul(page, i32.const(pagePositions)), to), () => {
      const keys = f.local('ptr', at(base, i32.load(at(table, page, 4)), codec.keyBytes(headDim)))
      const padded = i32.const(pagePositions)
      codec.emitScores(f, { keys, queries: [encoded], scores: [target], headDim, padded })
      f.set(target, at(target, i32.const(pagePositions), 4))
      f.set(page, i32.add(page, i32.const(1)))
    })
    const start = i32.mul(first, i32.const(pagePositions))
    const scores = {
      from: f.local('i32', i32.sub(from, start)),
      to: f.local('i32', i32.sub(to, start)),
      end: f.local('i32', i32.mul(i32.sub(page, first), i32.const(pagePositions))),
    }
    emitSoftmaxOfPages(f, shares, scores, softcap)
  })
  const instance = new WebAssembly.Instance(new WebAssembly.Module(builder.assemble()), { env: { memory } })
  const compiled = instance.exports['shares'] as Compiled
  const pointer = (address: number): Pointer => (options.memory64 ? BigInt(address) : address)
  return ({ query, encoded, keys, table, shares }, { from, to, scale, softcap = 0 }) => {
    const places = [pointer(query), pointer(encoded), pointer(keys), pointer(table), pointer(shares)] as const
    compiled(...places, from, to, scale, softcap)
    return shares + 4 * (from % pageTokens)
  }
}

interface PageScores {
  readonly from: Local<'i32'>
  readonly to: Local<'i32'>
  /** A multiple of four; what lies outside of [from, to) may be no number. */
  readonly end: Local<'i32'>
}

/** @param softcap 0: none */
function emitSoftmaxOfPages(
  f: FunctionBuilder,
  scores: Local<'ptr'>,
  { from, to, end }: PageScores,
  softcap: F32,
): void {
  const index = f.local('i32')
  const place = f.local('ptr')
  const each = (change: (value: Local<'v128'>) => V128 | undefined): void =>
    f.for(index, i32.const(0), end, 4, () => {
      f.set(place, at(scores, index, 4))
      const changed = change(f.local('v128', v128.load(place)))
      if (changed !== undefined) f.do(v128.store(place, changed))
    })
  const leaveOut = (start: I32, stop: I32): void =>
    f.for(index, start, stop, 1, () => f.do(f32.store(at(scores, index, 4), f32.const(-Infinity))))
  f.if(f32.gt(softcap, f32.const(0)), () => {
    const cap = f.local('v128', f32x4.splat(softcap))
    each((score) => f32x4.mul(cap, tanh(f, f.local('v128', f32x4.div(score, cap)))))
  })
  leaveOut(i32.const(0), from)
  leaveOut(to, end)
  const most = f.local('v128', f32x4.splatConst(-Infinity))
  each((score) => {
    f.set(most, f32x4.pmax(most, score))
    return undefined
  })
  const highest = f.local('v128', f32x4.splat(horizontalMax(f, most)))
  const sums = f.local('v128', f32x4.splatConst(0))
  each((score) => {
    const power = f.local('v128', exp(f, f32x4.sub(score, highest)))
    f.set(sums, f32x4.add(sums, power))
    return power
  })
  const share = f.local('v128', f32x4.splat(f32.div(f32.const(1), horizontalAdd(f, sums))))
  each((power) => f32x4.mul(power, share))
}
