/** The keys of a chunk: those of this run and those that earlier runs have left in the slot; see chunk-state.ts. */
import { at, f32x4, i32, i32x4, ptr, v128 } from '../asm/expression.ts'
import type { F32, I32, Ptr } from '../asm/expression.ts'
import type { FunctionBuilder, Local, ModuleBuilder } from '../asm/module.ts'
import { field, stepFields } from '../step-layout.ts'
import { panelWidth } from '../channel-panels.ts'
import { keyRowBytes } from '../chunk-state.ts'
import { horizontalAdd } from './vector-math.ts'
import { stateFieldNames } from './recurrence.ts'
import { emitChunks } from './work.ts'

export const keepKeysFields = stepFields(...stateFieldNames, 'keys', 'k', 'kStride')

/** The tokens of a run, and where the slots of their sequences are. */
export interface Tokens {
  readonly count: Local<'i32'>
  readonly positions: Local<'ptr'>
  readonly sequences: Local<'ptr'>
  readonly slots: Local<'ptr'>
  readonly slotBytes: Local<'ptr'>
}

type TokenFields = { readonly [name in (typeof stateFieldNames)[number]]: number }

export function readTokens(f: FunctionBuilder, step: Ptr, fields: TokenFields): Tokens {
  return {
    count: f.local('i32', field.dynamic(step, fields.tokens)),
    positions: f.local('ptr', field.address(step, fields.positions)),
    sequences: f.local('ptr', field.address(step, fields.sequences)),
    slots: f.local('ptr', field.address(step, fields.state)),
    slotBytes: f.local('ptr', ptr.from(field.integer(step, fields.slotBytes))),
  }
}

const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make)

export const positionOf = ({ positions }: Tokens, token: I32): I32 => i32.load(at(positions, token, 4))
export const sequenceOf = ({ sequences }: Tokens, token: I32): I32 => i32.load(at(sequences, token, 4))
export const slotOf = ({ slots, slotBytes }: Tokens, sequence: I32): Ptr =>
  ptr.add(slots, ptr.mul(ptr.from(sequence), slotBytes))

export const indexInChunk = (tokens: Tokens, token: I32, chunkTokens: number): I32 =>
  i32.and(positionOf(tokens, token), i32.const(chunkTokens - 1))

export interface KeyRows {
  /** Keys of this run, and bytes from one token's to the next one's. */
  readonly base: Ptr
  readonly stride: Ptr
  /** Rows of the chunk that earlier runs have left in the slot of the sequence. */
  readonly kept: Ptr
  readonly keptRowBytes: number
}

/** Keys of this run in rows of `stride` bytes from `base`, and those kept `keys` bytes behind the beginning of `slot`. */
export function keyRows(
  f: FunctionBuilder,
  { base, stride, slot, keys }: Readonly<Record<'base' | 'stride' | 'slot' | 'keys', Ptr>>,
  shape: { readonly groups: number; readonly stateSize: number },
): KeyRows {
  return {
    base: f.local('ptr', base),
    stride: f.local('ptr', stride),
    kept: f.local('ptr', ptr.add(slot, keys)),
    keptRowBytes: keyRowBytes(shape),
  }
}

/**
 * Runs `visit` for the chunk's tokens from `token`, the one at `index`, back to the first: in this run, wherever in it, as far as they
 * are, then in the slot.
 */
export function emitKeysBack(
  f: FunctionBuilder,
  tokens: Tokens,
  { base, stride, kept, keptRowBytes }: KeyRows,
  { token, index }: { readonly token: I32; readonly index: I32 },
  visit: (index: Local<'i32'>, row: Local<'ptr'>) => void,
): void {
  const current = f.local('i32', token)
  const sequence = f.local('i32', sequenceOf(tokens, current))
  const position = f.local('i32', positionOf(tokens, current))
  const j = f.local('i32', index)
  const row = f.local('ptr')
  f.while(i32.geS(j, i32.const(0)), () => {
    f.if(
      i32.geS(current, i32.const(0)),
      () => {
        f.set(row, ptr.add(base, ptr.mul(ptr.from(current), stride)))
        f.set(current, i32.sub(current, i32.const(1)))
        f.set(position, i32.sub(position, i32.const(1)))
        f.loop((stop) => {
          stop(i32.ltS(current, i32.const(0)))
          stop(i32.eq(sequenceOf(tokens, current), sequence))
          f.set(current, i32.sub(current, i32.const(1)))
        })
        f.if(i32.geS(current, i32.const(0)), () => {
          f.if(i32.ne(positionOf(tokens, current), position), () => f.set(current, i32.const(-1)))
        })
      },
      () => f.set(row, at(kept, j, keptRowBytes)),
    )
    visit(j, row)
    f.set(j, i32.sub(j, i32.const(1)))
  })
}

/** The sums of the products of each of `rows` with `key`, of `length` values each. */
export function emitDots(f: FunctionBuilder, rows: readonly Ptr[], key: Ptr, length: number): F32[] {
  const all = [...rows, key].map((row) => f.local('ptr', row))
  const b = all[rows.length]
  // Two sums each, since an addition has to wait for the one before it.
  const dots = rows.map((_, index) => ({ a: all[index], sums: times(2, () => f.local('v128', f32x4.splatConst(0))) }))
  const add = (half: number, offset: number): void => {
    const value = f.local('v128', v128.load(b, offset))
    for (const { a, sums } of dots) f.set(sums[half], f32x4.madd(v128.load(a, offset), value, sums[half]))
  }
  const move = (bytes: number): void => all.forEach((row) => f.set(row, ptr.add(row, ptr.const(bytes))))
  const n = f.local('i32')
  f.for(n, i32.const(0), i32.const(length >> 3), 1, () => {
    add(0, 0)
    add(1, 16)
    move(32)
  })
  if (length % 8 >= 4) {
    add(0, 0)
    move(16)
  }
  const rest = length % 4
  return dots.map(({ a, sums: [even, odd] }) => {
    const sum = f.local('v128', f32x4.add(even, odd))
    if (rest > 0) {
      // The other lanes hold what belongs to others, perhaps no number.
      const mask = i32x4.constant(-1, rest > 1 ? -1 : 0, rest > 2 ? -1 : 0, 0)
      f.set(sum, f32x4.add(sum, v128.and(mask, f32x4.mul(v128.load(a), v128.load(b)))))
    }
    return horizontalAdd(f, sum)
  })
}

/** Copies the keys [T, G N] into the slots, each to the place of its position in the chunk. */
export function emitKeepKeys(module: ModuleBuilder, width: number, chunkTokens: number): FunctionBuilder {
  return module.function(`keep_keys_${width}_${chunkTokens}`, ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const tokens = readTokens(f, step, keepKeysFields)
    const stride = f.local('ptr', ptr.from(field.integer(step, keepKeysFields.kStride)))
    const token = f.local('i32')
    const later = f.local('i32')
    // Threads share the columns, so that rows for the same place come in order.
    const stripes = Math.ceil(width / panelWidth)
    emitChunks(f, step, i32.const(stripes), 1, (stripe) => {
      f.for(token, i32.const(0), tokens.count, 1, () => {
        const sequence = f.local('i32', sequenceOf(tokens, token))
        const position = f.local('i32', positionOf(tokens, token))
        const copy = (): void => {
          const row = ptr.add(field.address(step, keepKeysFields.k), ptr.mul(ptr.from(token), stride))
          const from = f.local('ptr', at(row, stripe, 4 * panelWidth))
          const keys = ptr.add(slotOf(tokens, sequence), ptr.from(field.integer(step, keepKeysFields.keys)))
          const index = i32.and(position, i32.const(chunkTokens - 1))
          const rowBytes = keyRowBytes({ groups: 1, stateSize: width })
          const to = f.local('ptr', at(at(keys, index, rowBytes), stripe, 4 * panelWidth))
          for (const offset of [0, 16, 32, 48]) f.do(v128.store(to, v128.load(from, offset), offset))
        }
        // Where a chunk on the same place follows, its row is the one to keep.
        f.set(later, i32.add(token, i32.const(chunkTokens)))
        f.if(
          i32.ltS(later, tokens.count),
          () => {
            const same = i32.eq(sequenceOf(tokens, later), sequence)
            const next = i32.eq(positionOf(tokens, later), i32.add(position, i32.const(chunkTokens)))
            f.if(i32.eqz(i32.and(same, next)), copy)
          },
          copy,
        )
      })
    })
  })
}
