/** What all channels of the state-space dual share: step sizes and decays of the heads, and the scores C_t B_j of a token with those before it in its chunk. */
import { at, f32, f32x4, i32, ptr, v128 } from '../asm/expression.ts'
import type { Ptr } from '../asm/expression.ts'
import type { FunctionBuilder, Local, ModuleBuilder } from '../asm/module.ts'
import { field, stepFields } from '../step-layout.ts'
import { panelWidth } from '../channel-panels.ts'
import { emitDots, emitKeysBack, indexInChunk, keyRows, readTokens, sequenceOf, slotOf } from './chunk-keys.ts'
import { exp, softplus } from './vector-math.ts'
import { stateFieldNames } from './recurrence.ts'
import { emitChunks } from './work.ts'

export const ssdScoreFields = stepFields(
  ...stateFieldNames, 'keys', 'dt', 'dtStride', 'B', 'bStride', 'C', 'cStride', 'A', 'dtBias', 'leastStep', 'mostStep', 'output',
) // prettier-ignore

export interface ScoresShape {
  readonly heads: number
  readonly groups: number
  readonly chunkTokens: number
}

/** Byte offsets in a token's row: dt [H], decay [H], and `lists`: one of scores [G, chunkTokens]. */
export function scoreRow({ heads, groups, chunkTokens }: ScoresShape) {
  const padded = 4 * Math.ceil(heads / panelWidth) * panelWidth
  return { steps: 0, decays: padded, lists: [2 * padded] as const, bytes: 2 * padded + 4 * groups * chunkTokens }
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
      const index = indexInChunk(tokens, token, chunkTokens)
      const slot = slotOf(tokens, sequenceOf(tokens, token))
      const keys = ptr.from(field.integer(step, ssdScoreFields.keys))
      const rows = keyRows(
        f,
        { base: field.address(step, ssdScoreFields.B), stride: bStride, slot, keys },
        { groups, stateSize },
      )
      emitKeysBack(f, tokens, rows, { token, index }, (j, row) => {
        f.for(group, i32.const(0), i32.const(groups), 1, () => {
          const score = at(at(output, group, 4 * chunkTokens), j, 4)
          const [dot] = emitDots(f, [at(C, group, 4 * stateSize)], at(row, group, 4 * stateSize), stateSize)
          f.do(f32.store(score, dot, places.lists[0]))
        })
      })
    })
  })
}
