/**
 * Gives out the slots of experts, after `route` has chosen: a choice without a slot becomes none (-1).
 *
 * Slots in order: who has one follows from the tokens before, so each thread walks all tokens for the experts that it has, and the
 * count goes on in the sequence's state. Slots in groups: the host knows which tokens share slots; each token counts, for each of its
 * choices, those of its group that are served before it. That is T * k steps a choice, and nothing is shared between threads.
 */
import { at, f32, i32, ptr } from '../asm/expression.ts'
import type { F32, I32, Ptr } from '../asm/expression.ts'
import type { FunctionBuilder, Local, ModuleBuilder } from '../asm/module.ts'
import { field, stepFields } from '../step-layout.ts'
import { emitChunks } from './work.ts'

export const orderedSlotFields = stepFields(
  'choices', // f32 [T][2]: the number of the best expert, its probability
  'output', // f32 [T][2]
  'rows', // address of T
  'experts', // E
  'slots', // of each expert
  'positions',
  'sequences',
  'state', // f32 [E] of slot 0: slots taken
  'slotBytes',
)

export function emitOrderedSlots(module: ModuleBuilder): FunctionBuilder {
  return module.function('ordered-slots', ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const fields = orderedSlotFields
    const rows = f.local('i32', field.dynamic(step, fields.rows))
    const slots = f.local('f32', f32.fromI32(field.integer(step, fields.slots)))
    const slotBytes = f.local('ptr', ptr.from(field.integer(step, fields.slotBytes)))
    const token = f.local('i32')
    const taken = f.local('ptr')
    emitChunks(f, step, field.integer(step, fields.experts), 1, (expert) => {
      const number = f.local('f32', f32.fromI32(expert))
      const first = f.local('ptr', at(field.address(step, fields.state), expert, 4))
      f.for(token, i32.const(0), rows, 1, () => {
        const sequence = i32.load(at(field.address(step, fields.sequences), token, 4))
        f.set(taken, ptr.add(first, ptr.mul(ptr.from(sequence), slotBytes)))
        const begins = i32.eqz(i32.load(at(field.address(step, fields.positions), token, 4)))
        f.if(begins, () => f.do(f32.store(taken, f32.const(0))))
        const choice = f.local('ptr', at(field.address(step, fields.choices), token, 8))
        f.if(f32.eq(f32.load(choice), number), () => {
          const output = f.local('ptr', at(field.address(step, fields.output), token, 8))
          const kept = f.local('i32', f32.lt(f32.load(taken), slots))
          f.do(f32.store(output, f32.select(kept, number, f32.const(-1))))
          f.do(f32.store(output, f32.select(kept, f32.load(choice, 4), f32.const(0)), 4))
          f.do(f32.store(taken, f32.add(f32.load(taken), f32.const(1))))
        })
      })
    })
  })
}

export const groupedSlotFields = stepFields(
  'choices', // f32 [T][2 k]: numbers of the experts, best first, then their probabilities
  'output', // f32 [T][2 k]
  'groups', // [T][3]: i32 group, i32 slots of each expert in it, f32 draw
  'rows', // address of T
  'k',
  'second', // f32: what the policy of second choices compares with or multiplies by
)

/** Bytes of a row of `groups`. */
export const groupBytes = 12

/** How second choices are decided on; compiled in. */
export type SecondKind = 'all' | 'none' | 'threshold-first' | 'threshold-sum' | 'random-normalised' | 'random-raw'

export interface GroupedSlotsOptions {
  readonly renormalise: 'never' | 'before-drop' | 'after-drop'
  readonly second: SecondKind
  readonly priority: 'position' | 'probability'
  readonly refusedTakesSlot: boolean
}

export function emitGroupedSlots(module: ModuleBuilder, name: string, options: GroupedSlotsOptions): FunctionBuilder {
  return module.function(name, ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const fields = groupedSlotFields
    const k = f.local('i32', field.integer(step, fields.k))
    const rows = f.local('i32', field.dynamic(step, fields.rows))
    const rowOf = (name: 'choices' | 'output', token: I32): Ptr =>
      at(field.address(step, fields[name]), i32.mul(token, k), 8)
    const groupOf = (token: I32): Ptr => at(field.address(step, fields.groups), token, groupBytes)
    /** 1 where the token uses its choice of this rank. */
    const uses = (choices: Ptr, draw: F32, rank: I32): I32 => {
      const isSecond = i32.eq(rank, i32.const(1))
      if (options.second === 'all') return i32.const(1)
      return i32.or(i32.eqz(isSecond), acceptsSecond(options.second, at(choices, k, 4), draw, step))
    }
    const rank = f.local('i32')
    const other = f.local('i32')
    const otherRank = f.local('i32')
    const place = f.local('i32')
    const total = f.local('f32')

    emitChunks(f, step, rows, 1, (token) => {
      const choices = f.local('ptr', rowOf('choices', token))
      const output = f.local('ptr', rowOf('output', token))
      const own = f.local('ptr', groupOf(token))
      const gates = f.local('ptr', at(choices, k, 4))
      const weights = f.local('ptr', at(output, k, 4))
      f.set(total, f32.const(0))
      f.for(rank, i32.const(0), k, 1, () => {
        const expert = f.local('f32', f32.load(at(choices, rank, 4)))
        const gate = f.local('f32', f32.load(at(gates, rank, 4)))
        f.set(place, i32.const(0))
        f.for(other, i32.const(0), rows, 1, () => {
          const group = f.local('ptr', groupOf(other))
          f.if(i32.eq(i32.load(group), i32.load(own)), () => {
            const theirs = f.local('ptr', rowOf('choices', other))
            const earlier = f.local('i32', isServedBefore(options.priority, { other, token, theirs, choices, k }))
            f.for(otherRank, i32.const(0), i32.add(rank, i32.const(1)), 1, () => {
              const same = f32.eq(f32.load(at(theirs, otherRank, 4)), expert)
              const before = i32.or(i32.ltS(otherRank, rank), earlier)
              const counts = options.refusedTakesSlot ? i32.const(1) : uses(theirs, f32.load(group, 8), otherRank)
              f.set(place, i32.add(place, i32.and(i32.and(same, before), counts)))
            })
          })
        })
        const kept = f.local('i32', i32.and(i32.ltS(place, i32.load(own, 4)), uses(choices, f32.load(own, 8), rank)))
        f.do(f32.store(at(output, rank, 4), f32.select(kept, expert, f32.const(-1))))
        const weight = f.local('f32', f32.select(kept, gate, f32.const(0)))
        f.do(f32.store(at(weights, rank, 4), weight))
        f.set(total, f32.add(total, options.renormalise === 'before-drop' ? gate : weight))
      })
      if (options.renormalise === 'never') return
      f.if(f32.gt(total, f32.const(0)), () => {
        f.for(rank, i32.const(0), k, 1, () => {
          const weight = at(weights, rank, 4)
          f.do(f32.store(weight, f32.div(f32.load(weight), total)))
        })
      })
    })
  })
}

/** `gates` are those of the first and second choice. */
function acceptsSecond(kind: Exclude<SecondKind, 'all'>, gates: Ptr, draw: F32, step: Ptr): I32 {
  const [first, gate] = [f32.load(gates), f32.load(gates, 4)]
  const second = field.float(step, groupedSlotFields.second)
  const share = f32.div(gate, f32.add(first, gate))
  switch (kind) {
    case 'none':
      return i32.const(0)
    case 'threshold-first':
      return i32.eqz(f32.lt(gate, f32.mul(second, first)))
    case 'threshold-sum':
      return f32.gt(share, second)
    case 'random-normalised':
      return f32.gt(f32.mul(second, share), draw)
    case 'random-raw':
      return f32.gt(f32.mul(second, gate), draw)
  }
  return kind satisfies never
}

interface Rivals {
  readonly other: Local<'i32'>
  readonly token: I32
  /** Choices of the other token, and of this one. */
  readonly theirs: Ptr
  readonly choices: Ptr
  readonly k: I32
}

/** Within one rank. */
function isServedBefore(priority: GroupedSlotsOptions['priority'], { other, token, theirs, choices, k }: Rivals): I32 {
  const isEarlier = i32.ltS(other, token)
  if (priority === 'position') return isEarlier
  const [theirTop, top] = [f32.load(at(theirs, k, 4)), f32.load(at(choices, k, 4))]
  return i32.or(f32.gt(theirTop, top), i32.and(f32.eq(theirTop, top), isEarlier))
}
