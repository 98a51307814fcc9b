/** Depthwise causal convolution with the last inputs as its state; optionally silu of the result. */
import { at, f32, f32x4, ptr, v128 } from '../asm/expression.ts'
import type { Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder, ModuleBuilder } from '../asm/module.ts'
import { field, stepFields } from '../step-layout.ts'
import { countChunks, emitChannelGroups, emitTokens, stateFieldNames, storeLanes } from './recurrence.ts'
import { activations } from './vector-math.ts'
import { emitChunks } from './work.ts'

export const convCausalFields = stepFields(
  ...stateFieldNames, 'input', 'inputStride', 'weight', 'bias', 'output', 'channels',
) // prettier-ignore

export interface ConvCausalShape {
  /** K: taps. */
  readonly kernel: number
  /** Channels beyond the last whole vector. */
  readonly rest: number
  readonly silu: boolean
}

/** Input and output [T, C]; weight [C, K]; state [K - 1, C], oldest first. */
export function emitConvCausal(module: ModuleBuilder, { kernel, rest, silu }: ConvCausalShape): FunctionBuilder {
  const name = `conv_causal_${kernel}_${rest}${silu ? '_silu' : ''}`
  return module.function(name, ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const channels = f.local('i32', field.integer(step, convCausalFields.channels))
    const inputStride = f.local('ptr', ptr.from(field.integer(step, convCausalFields.inputStride)))
    const rowBytes = f.local('ptr', ptr.mul(ptr.from(channels), ptr.const(4)))
    const places = { input: f.local('ptr'), output: f.local('ptr'), held: f.local('ptr') }
    emitChunks(f, step, countChunks(channels), 1, (chunk) => {
      emitChannelGroups(f, chunk, channels, rest, (channel, lanes) => {
        const taps = readTaps(f, at(field.address(step, convCausalFields.weight), channel, 4 * kernel), kernel, lanes)
        const bias = f.local('v128', v128.load(at(field.address(step, convCausalFields.bias), channel, 4)))
        const eachHeld = (state: Ptr, body: (index: number) => void): void => {
          f.set(places.held, at(state, channel, 4))
          for (let index = 0; index < kernel - 1; index++) {
            body(index)
            f.set(places.held, ptr.add(places.held, rowBytes))
          }
        }
        const clear = (state: Ptr): void =>
          eachHeld(state, () => storeLanes(f, places.held, f32x4.splatConst(0), lanes))
        f.set(places.input, at(field.address(step, convCausalFields.input), channel, 4))
        f.set(places.output, at(field.address(step, convCausalFields.output), channel, 4))
        emitTokens(f, step, convCausalFields, clear, (_token, state) => {
          const x = f.local('v128', v128.load(places.input))
          const sum = f.local('v128', f32x4.madd(x, taps[kernel - 1] as V128, bias))
          const held = Array.from({ length: kernel - 1 }, () => f.local('v128'))
          eachHeld(state, (index) => {
            f.set(held[index], v128.load(places.held))
            f.set(sum, f32x4.madd(held[index], taps[index] as V128, sum))
          })
          eachHeld(state, (index) => storeLanes(f, places.held, held[index + 1] ?? x, lanes))
          storeLanes(f, places.output, silu ? activations.silu(f, sum) : sum, lanes)
          f.set(places.input, ptr.add(places.input, inputStride))
          f.set(places.output, ptr.add(places.output, rowBytes))
        })
      })
    })
  })
}

/** Tap j of four channels, for each j: the weights of a channel lie together. */
function readTaps(f: FunctionBuilder, weight: Ptr, kernel: number, lanes: number): V128[] {
  const first = f.local('ptr', weight)
  return Array.from({ length: kernel }, (_, tap) => {
    const taps = f.local('v128', f32x4.splatConst(0))
    for (let lane = 0; lane < lanes; lane++) {
      f.set(taps, f32x4.replaceLane(taps, lane, f32.load(first, 4 * (lane * kernel + tap))))
    }
    return taps
  })
}
