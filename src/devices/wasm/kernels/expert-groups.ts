/**
 * Sorts the choices of all tokens by expert, so that each expert's weights are read once for all tokens that chose it.
 *
 * A slot is a choice of a token: slot t * k + rank. The table that this writes has 16 bytes an entry, in which two lists lie side by side:
 * entry 0 holds the number of segments; entry i + 1 holds segment i (expert, place of its first slot in the order) and the i-th slot of
 * the order (slot, token). A segment is up to 64 slots of one expert and ends where the next one begins; slots without an expert (-1) are
 * the last ones. Within an expert the slots keep their order, so nothing depends on how threads run.
 */
import { at, f32, i32, ptr } from '../asm/expression.ts'
import type { I32, Ptr } from '../asm/expression.ts'
import type { FunctionBuilder, ModuleBuilder } from '../asm/module.ts'
import { field, stepFields } from '../step-layout.ts'
import { emitChunks } from './work.ts'

export const groupFields = stepFields(
  'choices', // f32 [T][2 k]
  'output', // the table
  'rows', // address of T
  'k',
  'experts', // E
  'places', // i32 [E + 1], working memory
)

/** Byte offsets inside an entry of the table. */
export const groupEntry = { expert: 0, first: 4, slot: 8, token: 12, bytes: 16 } as const

/** Entries of the table for `T` tokens: one for each slot, the count before them and the end of the last segment behind. */
export const groupRowBytes = (k: number): number => (k + 2) * groupEntry.bytes

export const expertPlacesBytes = (experts: number): number => (experts + 1) * 4

/** As many tokens as their activations stay in the cache while a panel passes. */
const slotsPerSegment = 64

/** Address of the entry of a segment, or of a slot in the order. */
export const groupEntryAt = (table: Ptr, index: I32): Ptr => at(table, i32.add(index, i32.const(1)), groupEntry.bytes)

export function emitExpertGroups(module: ModuleBuilder): FunctionBuilder {
  return module.function('expert-groups', ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const table = f.local('ptr', field.address(step, groupFields.output))
    const places = f.local('ptr', field.address(step, groupFields.places))
    const tokens = f.local('i32', field.dynamic(step, groupFields.rows))
    const k = f.local('i32', field.integer(step, groupFields.k))
    const experts = f.local('i32', field.integer(step, groupFields.experts))
    const token = f.local('i32')
    const rank = f.local('i32')
    const expert = f.local('i32')
    const place = f.local('ptr')
    const choice = f.local('ptr')

    const forEachSlot = (body: () => void) => {
      f.set(choice, field.address(step, groupFields.choices))
      f.for(token, i32.const(0), tokens, 1, () => {
        f.for(rank, i32.const(0), k, 1, () => {
          f.set(expert, i32.truncSatF32(f32.load(at(choice, rank, 4))))
          // Whatever is no expert, -1 or nonsense, counts as none.
          f.set(expert, i32.select(i32.geU(expert, experts), experts, expert))
          f.set(place, at(places, expert, 4))
          body()
        })
        f.set(choice, at(choice, k, 8))
      })
    }

    emitChunks(f, step, i32.const(1), 1, () => {
      f.fill(places, i32.const(0), at(ptr.const(4), experts, 4))
      forEachSlot(() => f.do(i32.store(place, i32.add(i32.load(place), i32.const(1)))))

      const first = f.local('i32', i32.const(0))
      const end = f.local('i32')
      const segments = f.local('i32', i32.const(0))
      const entry = f.local('ptr')
      const addSegment = (number: I32) => {
        f.set(entry, groupEntryAt(table, segments))
        f.do(i32.store(entry, number, groupEntry.expert))
        f.do(i32.store(entry, first, groupEntry.first))
      }
      f.for(expert, i32.const(0), i32.add(experts, i32.const(1)), 1, () => {
        f.set(place, at(places, expert, 4))
        f.set(end, i32.add(first, i32.load(place)))
        f.do(i32.store(place, first))
        f.while(i32.ltS(first, end), () => {
          addSegment(i32.select(i32.ltS(expert, experts), expert, i32.const(-1)))
          f.set(segments, i32.add(segments, i32.const(1)))
          f.set(first, i32.min(i32.add(first, i32.const(slotsPerSegment)), end))
        })
      })
      addSegment(i32.const(-1))
      f.do(i32.store(table, segments))

      forEachSlot(() => {
        f.set(entry, groupEntryAt(table, i32.load(place)))
        f.do(i32.store(entry, i32.add(i32.mul(token, k), rank), groupEntry.slot))
        f.do(i32.store(entry, token, groupEntry.token))
        f.do(i32.store(place, i32.add(i32.load(place), i32.const(1))))
      })
    })
  })
}
