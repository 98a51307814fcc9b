/**
 * What all channels of the gated delta rule share: decays and rates of the heads, and the products of a token's key and of its query with
 * the keys of its chunk up to its own.
 */
import { at, f32, f32x4, i32, ptr, v128 } from '../asm/expression.ts'
import type { FunctionBuilder, ModuleBuilder } from '../asm/module.ts'
import { panelWidth } from '../channel-panels.ts'
import { field, stepFields } from '../step-layout.ts'
import { emitDots, emitKeysBack, indexInChunk, keyRows, readTokens, sequenceOf, slotOf } from './chunk-keys.ts'
import { stateFieldNames } from './recurrence.ts'
import type { ScoresShape } from './ssd-scores.ts'
import { exp, sigmoid, softplus } from './vector-math.ts'
import { emitChunks } from './work.ts'

export const deltaScoreFields = stepFields(
  ...stateFieldNames, 'keys', 'q', 'qStride', 'k', 'kStride', 'alpha', 'alphaStride', 'beta', 'betaStride', 'A', 'alphaBias',
  'output',
) // prettier-ignore

/** Byte offsets in a token's row: decay [H], rate [H], then `lists`: those of its key and those of its query, [G, chunkTokens] each. */
export function deltaScoreRow({ heads, groups, chunkTokens }: ScoresShape) {
  const padded = 4 * Math.ceil(heads / panelWidth) * panelWidth
  const list = 4 * groups * chunkTokens
  return { decays: 0, rates: padded, lists: [2 * padded, 2 * padded + list] as const, bytes: 2 * padded + 2 * list }
}

/** q, k [T, G N]; alpha, beta [T, H]; A, alphaBias [H]; gives rows as `deltaScoreRow` has them. */
export function emitDeltaScores(module: ModuleBuilder, stateSize: number, shape: ScoresShape): FunctionBuilder {
  const { heads, groups, chunkTokens } = shape
  const places = deltaScoreRow(shape)
  const name = `gated_delta_scores_${stateSize}_${heads}_${groups}_${chunkTokens}`
  return module.function(name, ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const tokens = readTokens(f, step, deltaScoreFields)
    const head = f.local('i32')
    const group = f.local('i32')
    emitChunks(f, step, tokens.count, 1, (token) => {
      const rowOf = (name: 'q' | 'k' | 'alpha' | 'beta') => {
        const stride = ptr.from(field.integer(step, deltaScoreFields[`${name}Stride`]))
        return f.local('ptr', ptr.add(field.address(step, deltaScoreFields[name]), ptr.mul(ptr.from(token), stride)))
      }
      const output = f.local('ptr', at(field.address(step, deltaScoreFields.output), token, places.bytes))
      const [alpha, beta] = [rowOf('alpha'), rowOf('beta')]
      f.for(head, i32.const(0), i32.const(heads), 4, () => {
        const ofHeads = (name: 'A' | 'alphaBias') => v128.load(at(field.address(step, deltaScoreFields[name]), head, 4))
        const size = softplus(f, f.local('v128', f32x4.add(v128.load(at(alpha, head, 4)), ofHeads('alphaBias'))))
        f.do(v128.store(at(output, head, 4), exp(f, f.local('v128', f32x4.mul(size, ofHeads('A')))), places.decays))
        const rate = sigmoid(f, f.local('v128', v128.load(at(beta, head, 4))))
        f.do(v128.store(at(output, head, 4), rate, places.rates))
      })
      const slot = slotOf(tokens, sequenceOf(tokens, token))
      const [base, stride, keys] = [
        field.address(step, deltaScoreFields.k),
        ptr.from(field.integer(step, deltaScoreFields.kStride)),
        ptr.from(field.integer(step, deltaScoreFields.keys)),
      ]
      const rows = keyRows(f, { base, stride, slot, keys }, { groups, stateSize })
      const asking = [rowOf('k'), rowOf('q')]
      emitKeysBack(f, tokens, rows, { token, index: indexInChunk(tokens, token, chunkTokens) }, (j, row) => {
        f.for(group, i32.const(0), i32.const(groups), 1, () => {
          const score = f.local('ptr', at(at(output, group, 4 * chunkTokens), j, 4))
          const key = f.local('ptr', at(row, group, 4 * stateSize))
          const asked = asking.map((row) => at(row, group, 4 * stateSize))
          emitDots(f, asked, key, stateSize).forEach((dot, list) => f.do(f32.store(score, dot, places.lists[list])))
        })
      })
    })
  })
}
