/**
 * What all channels of the state-space dual share: step sizes and decays of the heads, the scores C_t B_j of a token with those before
 * it in its chunk, and, when the states are done, the rows of B that later runs need.
 */
import { at, f32, f32x4, i32, i32x4, ptr, v128 } from '../asm/expression.ts'
import type { I32, Ptr } from '../asm/expression.ts'
import type { FunctionBuilder, Local, ModuleBuilder } from '../asm/module.ts'
import { field, stepFields } from '../step-layout.ts'
import { panelWidth } from '../channel-panels.ts'
import { keyRowBytes } from '../ssd-state.ts'
import { exp, horizontalAdd, softplus } from './vector-math.ts'
import { stateFieldNames } from './recurrence.ts'
import { emitChunks } from './work.ts'

export const ssdScoreFields = stepFields(
  ...stateFieldNames, 'keys', 'dt', 'dtStride', 'B', 'bStride', 'C', 'cStride', 'A', 'dtBias', 'leastStep', 'mostStep', 'output',
) // prettier-ignore

export const ssdKeepFields = stepFields(...stateFieldNames, 'keys', 'B', 'bStride')

export interface ScoresShape {
  readonly heads: number
  readonly groups: number
  readonly chunkTokens: number
}

/** Byte offsets in a token's row: dt [H], decay [H], scores [G, chunkTokens]. */
export function scoreRow({ heads, groups, chunkTokens }: ScoresShape) {
  const padded = 4 * Math.ceil(heads / panelWidth) * panelWidth
  return { steps: 0, decays: padded, scores: 2 * padded, bytes: 2 * padded + 4 * groups * chunkTokens }
}

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

export const positionOf = ({ positions }: Tokens, token: I32): I32 => i32.load(at(positions, token, 4))
export const sequenceOf = ({ sequences }: Tokens, token: I32): I32 => i32.load(at(sequences, token, 4))
export const slotOf = ({ slots, slotBytes }: Tokens, sequence: I32): Ptr =>
  ptr.add(slots, ptr.mul(ptr.from(sequence), slotBytes))

export interface KeyRows {
  /** Rows of B of this run, and bytes from one to the next. */
  readonly B: Ptr
  readonly stride: Ptr
  /** Rows of the chunk that earlier runs have left in the slot of the sequence. */
  readonly kept: Ptr
  readonly keptRowBytes: number
}

/**
 * Runs `visit` for the chunk's tokens from `token`, the one at `index`, back to the first: in this run, wherever in it, as far as they
 * are, then in the slot.
 */
export function emitKeysBack(
  f: FunctionBuilder,
  tokens: Tokens,
  { B, stride, kept, keptRowBytes }: KeyRows,
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
        f.set(row, ptr.add(B, ptr.mul(ptr.from(current), stride)))
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

/** dt [T, H]; B, C [T, G N]; A, dtBias [H]; gives rows as `scoreRow` has them. */
export function emitSsdScores(module: ModuleBuilder, stateSize: number, shape: ScoresShape): FunctionBuilder {
  const { heads, groups, chunkTokens } = shape
  const name = `ssd_scores_${stateSize}_${heads}_${groups}_${chunkTokens}`
  const places = scoreRow(shape)
  return module.function(name, ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const tokens = readTokens(f, step, ssdScoreFields)
    const stride = (name: 'dtStride' | 'bStride' | 'cStride') =>
      f.local('ptr', ptr.from(field.integer(step, ssdScoreFields[name])))
    const [dtStride, bStride, cStride] = [stride('dtStride'), stride('bStride'), stride('cStride')]
    const head = f.local('i32')
    const group = f.local('i32')
    const bound = (name: 'leastStep' | 'mostStep') =>
      f.local('v128', f32x4.splat(field.float(step, ssdScoreFields[name])))
    const [leastStep, mostStep] = [bound('leastStep'), bound('mostStep')]
    emitChunks(f, step, tokens.count, 1, (token) => {
      const rowOf = (base: Ptr, stride: Ptr): Local<'ptr'> =>
        f.local('ptr', ptr.add(base, ptr.mul(ptr.from(token), stride)))
      const output = f.local('ptr', at(field.address(step, ssdScoreFields.output), token, places.bytes))
      const dtRow = rowOf(field.address(step, ssdScoreFields.dt), dtStride)
      f.for(head, i32.const(0), i32.const(heads), 4, () => {
        const ofHeads = (name: 'A' | 'dtBias') => v128.load(at(field.address(step, ssdScoreFields[name]), head, 4))
        const free = softplus(f, f.local('v128', f32x4.add(v128.load(at(dtRow, head, 4)), ofHeads('dtBias'))))
        const size = f.local('v128', f32x4.min(mostStep, f32x4.max(leastStep, free)))
        f.do(v128.store(at(output, head, 4), size, places.steps))
        f.do(v128.store(at(output, head, 4), exp(f, f32x4.mul(size, ofHeads('A'))), places.decays))
      })
      const C = rowOf(field.address(step, ssdScoreFields.C), cStride)
      const index = i32.and(positionOf(tokens, token), i32.const(chunkTokens - 1))
      const keys: KeyRows = {
        B: f.local('ptr', field.address(step, ssdScoreFields.B)),
        stride: bStride,
        kept: f.local(
          'ptr',
          ptr.add(slotOf(tokens, sequenceOf(tokens, token)), ptr.from(field.integer(step, ssdScoreFields.keys))),
        ),
        keptRowBytes: keyRowBytes({ groups, stateSize }),
      }
      emitKeysBack(f, tokens, keys, { token, index }, (j, row) => {
        f.for(group, i32.const(0), i32.const(groups), 1, () => {
          const score = at(at(output, group, 4 * chunkTokens), j, 4)
          const dot = emitDot(f, at(C, group, 4 * stateSize), at(row, group, 4 * stateSize), stateSize)
          f.do(f32.store(score, dot, places.scores))
        })
      })
    })
  })
}

function emitDot(f: FunctionBuilder, left: Ptr, right: Ptr, length: number) {
  const a = f.local('ptr', left)
  const b = f.local('ptr', right)
  const sums = [0, 1].map(() => f.local('v128', f32x4.splatConst(0))) as [Local<'v128'>, Local<'v128'>]
  const add = (sum: Local<'v128'>, offset: number) =>
    f.set(sum, f32x4.madd(v128.load(a, offset), v128.load(b, offset), sum))
  const move = (bytes: number) => {
    f.set(a, ptr.add(a, ptr.const(bytes)))
    f.set(b, ptr.add(b, ptr.const(bytes)))
  }
  const n = f.local('i32')
  f.for(n, i32.const(0), i32.const(length >> 3), 1, () => {
    sums.forEach((sum, half) => add(sum, 16 * half))
    move(32)
  })
  if (length % 8 >= 4) {
    add(sums[0], 0)
    move(16)
  }
  const rest = length % 4
  if (rest > 0) {
    // The other lanes hold what belongs to others, perhaps no number.
    const mask = i32x4.constant(-1, rest > 1 ? -1 : 0, rest > 2 ? -1 : 0, 0)
    f.set(sums[0], f32x4.add(sums[0], v128.and(mask, f32x4.mul(v128.load(a), v128.load(b)))))
  }
  return horizontalAdd(f, f32x4.add(...sums))
}

/** Copies the rows of B [T, G N] into the slots, each to the place of its position in the chunk. */
export function emitSsdKeep(module: ModuleBuilder, width: number, chunkTokens: number): FunctionBuilder {
  return module.function(`ssd_keep_${width}_${chunkTokens}`, ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const tokens = readTokens(f, step, ssdKeepFields)
    const stride = f.local('ptr', ptr.from(field.integer(step, ssdKeepFields.bStride)))
    const token = f.local('i32')
    const later = f.local('i32')
    // Threads share the columns, so that rows for the same place come in order.
    const stripes = Math.ceil(width / panelWidth)
    emitChunks(f, step, i32.const(stripes), 1, (stripe) => {
      f.for(token, i32.const(0), tokens.count, 1, () => {
        const sequence = f.local('i32', sequenceOf(tokens, token))
        const position = f.local('i32', positionOf(tokens, token))
        const copy = (): void => {
          const row = ptr.add(field.address(step, ssdKeepFields.B), ptr.mul(ptr.from(token), stride))
          const from = f.local('ptr', at(row, stripe, 4 * panelWidth))
          const keys = ptr.add(slotOf(tokens, sequence), ptr.from(field.integer(step, ssdKeepFields.keys)))
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
