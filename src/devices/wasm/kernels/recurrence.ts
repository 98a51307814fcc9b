/**
 * What kernels with states share. Threads split the channels; each walks all tokens of its channels in order, so a state is read and
 * written by one thread and results depend neither on the number of threads nor on how a text is cut into runs.
 */
import { at, i32, ptr, v128 } from '../asm/expression.ts'
import type { I32, Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder, Local } from '../asm/module.ts'
import { field } from '../step-layout.ts'

/** Fields of every step that keeps a state: `stepFields(...stateFieldNames, ...)`. */
export const stateFieldNames = ['tokens', 'positions', 'sequences', 'state', 'slotBytes'] as const

type StateFields = { readonly [name in (typeof stateFieldNames)[number]]: number }

/** Channels of one cache line: the least that threads share out, so that no two write into one line of a row. */
const channelsPerChunk = 16

/**
 * Runs `body` for every token, with the address of its sequence's state; runs `clear` before it where a document starts.
 */
export function emitTokens(
  f: FunctionBuilder,
  step: Ptr,
  fields: StateFields,
  clear: (state: Ptr) => void,
  body: (token: Local<'i32'>, state: Ptr) => void,
): void {
  const token = f.local('i32')
  const state = f.local('ptr')
  const first = f.local('ptr', field.address(step, fields.state))
  const slotBytes = f.local('ptr', ptr.from(field.integer(step, fields.slotBytes)))
  const positions = f.local('ptr', field.address(step, fields.positions))
  const sequences = f.local('ptr', field.address(step, fields.sequences))
  f.for(token, i32.const(0), field.dynamic(step, fields.tokens), 1, () => {
    f.set(state, ptr.add(first, ptr.mul(ptr.from(i32.load(at(sequences, token, 4))), slotBytes)))
    f.if(i32.eqz(i32.load(at(positions, token, 4))), () => clear(state))
    body(token, state)
  })
}

/** Runs `body` for every four channels of a chunk, and once more for `rest` that are left of all: `body` is told how many lanes count. */
export function emitChannelGroups(
  f: FunctionBuilder,
  chunk: I32,
  channels: I32,
  rest: number,
  body: (channel: Local<'i32'>, lanes: number) => void,
): void {
  const first = f.local('i32', i32.mul(chunk, i32.const(channelsPerChunk)))
  const end = f.local('i32', i32.min(i32.add(first, i32.const(channelsPerChunk)), channels))
  const whole = f.local('i32', i32.and(end, i32.const(-4)))
  const channel = f.local('i32')
  f.for(channel, first, whole, 4, () => body(channel, 4))
  if (rest > 0) f.if(i32.ltS(whole, end), () => body(channel, rest))
}

/** How many chunks there are. */
export const countChunks = (channels: I32): I32 =>
  i32.divU(i32.add(channels, i32.const(channelsPerChunk - 1)), i32.const(channelsPerChunk))

/** Stores the first `lanes` of four floats. */
export function storeLanes(f: FunctionBuilder, address: Ptr, value: V128, lanes: number, offset = 0): void {
  if (lanes === 4) f.do(v128.store(address, value, offset))
  else {
    const kept = f.local('v128', value)
    for (let lane = 0; lane < lanes; lane++) f.do(v128.store32Lane(address, kept, lane, offset + 4 * lane))
  }
}
