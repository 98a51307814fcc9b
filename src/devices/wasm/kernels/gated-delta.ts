/**
 * The gated delta rule: vectors run along the values of a head, a panel of them at a time, and one thread walks all tokens of its panels.
 * A token reads the state twice, for what it knows of the key and to change it, and writes it once.
 */
import { at, f32x4, i32, ptr, v128 } from '../asm/expression.ts'
import type { Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder, Local, ModuleBuilder } from '../asm/module.ts'
import type { KeySharing } from '../../../tensor/ops/gated-delta.ts'
import { panelsOf, panelWidth } from '../channel-panels.ts'
import { field, stepFields } from '../step-layout.ts'
import { emitTokens, stateFieldNames, storeLanes } from './recurrence.ts'
import { exp, sigmoid, softplus } from './vector-math.ts'
import { emitChunks } from './work.ts'

export const gatedDeltaFields = stepFields(
  ...stateFieldNames, 'q', 'qStride', 'k', 'kStride', 'v', 'vStride', 'alpha', 'alphaStride', 'beta', 'betaStride',
  'A', 'alphaBias', 'output',
) // prettier-ignore

export interface GatedDeltaShape {
  /** N: values of a key, rows of a state. */
  readonly keySize: number
  /** P: values of a head, columns of a state. */
  readonly valueSize: number
  readonly keyHeads: number
  readonly heads: number
  readonly sharing: KeySharing
}

const offsets = Array.from({ length: panelWidth / 4 }, (_, vector) => 16 * vector)

/** q, k [T, Hk N]; v, output [T, H P]; alpha, beta [T, H]; A, alphaBias [H]; the state [H, N, P]. */
export function emitGatedDelta(module: ModuleBuilder, shape: GatedDeltaShape): FunctionBuilder {
  const { keySize, valueSize, keyHeads, heads, sharing } = shape
  const name = `gated_delta_${keySize}_${valueSize}_${keyHeads}_${heads}_${sharing}`
  const panels = panelsOf(valueSize)
  const rest = valueSize % panelWidth
  return module.function(name, ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    emitChunks(f, step, i32.const(heads * panels), 1, (item) => {
      const head = f.local('i32', i32.divU(item, i32.const(panels)))
      const panel = f.local('i32', i32.remU(item, i32.const(panels)))
      const keyHead = f.local(
        'i32',
        sharing === 'tiled' ? i32.remU(head, i32.const(keyHeads)) : i32.divU(head, i32.const(heads / keyHeads)),
      )
      const column = f.local('i32', i32.add(i32.mul(head, i32.const(valueSize)), i32.mul(panel, i32.const(panelWidth))))
      const withLanes = (body: (lanes: number) => void): void => {
        if (rest === 0) body(panelWidth)
        else if (panels === 1) body(rest)
        else
          f.if(
            i32.eq(panel, i32.const(panels - 1)),
            () => body(rest),
            () => body(panelWidth),
          )
      }
      const stateOf = (slot: Ptr): Ptr => at(at(slot, head, 4 * keySize * valueSize), panel, 4 * panelWidth)
      const rowOf = (name: 'q' | 'k' | 'v' | 'alpha' | 'beta', token: Local<'i32'>): Ptr => {
        const stride = field.integer(step, gatedDeltaFields[`${name}Stride`])
        return ptr.add(field.address(step, gatedDeltaFields[name]), ptr.mul(ptr.from(token), ptr.from(stride)))
      }
      const ofHead = (base: Ptr): V128 => v128.load32Splat(at(base, head, 4))
      const clear = (slot: Ptr): void => withLanes((lanes) => emitClear(f, stateOf(slot), shape, lanes))
      emitTokens(f, step, gatedDeltaFields, clear, (token, slot) => {
        const bias = ofHead(field.address(step, gatedDeltaFields.alphaBias))
        const size = softplus(f, f.local('v128', f32x4.add(ofHead(rowOf('alpha', token)), bias)))
        const exponent = f32x4.mul(size, ofHead(field.address(step, gatedDeltaFields.A)))
        const tokenRow = {
          decay: f.local('v128', exp(f, f.local('v128', exponent))),
          rate: f.local('v128', sigmoid(f, f.local('v128', ofHead(rowOf('beta', token))))),
          key: f.local('ptr', at(rowOf('k', token), keyHead, 4 * keySize)),
          query: f.local('ptr', at(rowOf('q', token), keyHead, 4 * keySize)),
          value: f.local('ptr', at(rowOf('v', token), column, 4)),
          output: f.local(
            'ptr',
            at(at(field.address(step, gatedDeltaFields.output), token, 4 * heads * valueSize), column, 4),
          ),
          state: f.local('ptr', stateOf(slot)),
        }
        withLanes((lanes) => emitToken(f, tokenRow, shape, lanes))
      })
    })
  })
}

interface TokenRow {
  readonly decay: Local<'v128'>
  readonly rate: Local<'v128'>
  readonly key: Local<'ptr'>
  readonly query: Local<'ptr'>
  readonly value: Local<'ptr'>
  readonly output: Local<'ptr'>
  readonly state: Local<'ptr'>
}

/** For one token and one panel, of which the first `lanes` count: the others belong to the next row or to nobody. */
function emitToken(
  f: FunctionBuilder,
  { decay, rate, key, query, value, output, state }: TokenRow,
  { keySize, valueSize }: GatedDeltaShape,
  lanes: number,
): void {
  const parts = offsets.slice(0, Math.ceil(lanes / 4))
  const sums = (): Local<'v128'>[] => parts.map(() => f.local('v128', f32x4.splatConst(0)))
  const n = f.local('i32')
  const row = f.local('ptr', state)
  const known = sums()
  f.for(n, i32.const(0), i32.const(keySize), 1, () => {
    const shared = f.local('v128', v128.load32Splat(at(key, n, 4)))
    known.forEach((sum, part) => f.set(sum, f32x4.madd(v128.load(row, parts[part]), shared, sum)))
    f.set(row, ptr.add(row, ptr.const(4 * valueSize)))
  })
  const changes = known.map((sum, part) =>
    f.local('v128', f32x4.mul(rate, f32x4.sub(v128.load(value, parts[part]), f32x4.mul(decay, sum)))),
  )
  const results = sums()
  f.set(row, state)
  f.for(n, i32.const(0), i32.const(keySize), 1, () => {
    const shared = f.local('v128', v128.load32Splat(at(key, n, 4)))
    const asked = f.local('v128', v128.load32Splat(at(query, n, 4)))
    const next = changes.map((change, part) =>
      f.local('v128', f32x4.madd(change, shared, f32x4.mul(decay, v128.load(row, parts[part])))),
    )
    storeParts(f, row, next, lanes)
    results.forEach((sum, part) => f.set(sum, f32x4.madd(next[part], asked, sum)))
    f.set(row, ptr.add(row, ptr.const(4 * valueSize)))
  })
  storeParts(f, output, results, lanes)
}

/** A document begins. */
function emitClear(f: FunctionBuilder, state: Ptr, { keySize, valueSize }: GatedDeltaShape, lanes: number): void {
  const row = f.local('ptr', state)
  const n = f.local('i32')
  f.for(n, i32.const(0), i32.const(keySize), 1, () => {
    const zeros = offsets.slice(0, Math.ceil(lanes / 4)).map(() => f.local('v128', f32x4.splatConst(0)))
    storeParts(f, row, zeros, lanes)
    f.set(row, ptr.add(row, ptr.const(4 * valueSize)))
  })
}

function storeParts(f: FunctionBuilder, address: Ptr, values: readonly V128[], lanes: number): void {
  values.forEach((value, part) => storeLanes(f, address, value, Math.min(4, lanes - 4 * part), offsets[part]))
}
