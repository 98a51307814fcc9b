/**
 * The states of one panel of a recurrence in chunks as they are in the middle of one: for looking at them, so a module of its own that is
 * compiled when somebody first looks.
 */
import { at, f32, f32x4, i32, ptr, v128 } from './asm/expression.ts'
import type { ModuleOptions } from './asm/module.ts'
import { ModuleBuilder } from './asm/module.ts'
import { panelWidth } from './channel-panels.ts'
import { keyRowBytes, panelLayout } from './chunk-state.ts'
import type { ChunkShape } from './chunk-state.ts'

/** Addresses of the panel's block, of the first of its group's keys, and of where the states [N, panelWidth] go. */
export type SettlePanel = (block: number, keys: number, rows: number) => void

/** @param options those of the program's own module, whose memory it shares */
export function compileSettlePanel(memory: WebAssembly.Memory, options: ModuleOptions, shape: ChunkShape): SettlePanel {
  const { stateSize, chunkTokens } = shape
  const layout = panelLayout(shape)
  const offsets = Array.from({ length: panelWidth / 4 }, (_, vector) => 16 * vector)
  const rowBytes = 4 * panelWidth
  const builder = new ModuleBuilder({ ...options, label: 'settled state' })
  builder.function('settle', ['ptr', 'ptr', 'ptr'], undefined, (f) => {
    const [block, keys, rows] = [0, 1, 2].map((index) => f.parameter(index, 'ptr'))
    const carried = f.local('v128', v128.load(block, layout.carried))
    const [n, j] = [f.local('i32'), f.local('i32')]
    const [from, to, key] = [f.local('ptr'), f.local('ptr'), f.local('ptr')]
    f.for(n, i32.const(0), i32.const(stateSize), 1, () => {
      f.set(from, at(block, n, rowBytes))
      f.set(to, at(rows, n, rowBytes))
      for (const offset of offsets) f.do(v128.store(to, f32x4.mul(carried, v128.load(from, offset)), offset))
    })
    f.for(j, i32.const(0), i32.const(chunkTokens), 1, () => {
      const weight = f32.load(at(block, j, 4), layout.weights)
      // What belongs to tokens to come may be left from others, perhaps no number.
      f.if(f32.gt(weight, f32.const(0)), () => {
        const factor = f.local('v128', f32x4.splat(weight))
        f.set(from, at(block, j, rowBytes))
        f.set(to, rows)
        f.set(key, at(keys, j, keyRowBytes(shape)))
        const inputs = offsets.map((offset) =>
          f.local('v128', f32x4.mul(factor, v128.load(from, layout.inputs + offset))),
        )
        f.for(n, i32.const(0), i32.const(stateSize), 1, () => {
          const shared = f.local('v128', v128.load32Splat(key))
          offsets.forEach((offset, part) =>
            f.do(v128.store(to, f32x4.madd(inputs[part], shared, v128.load(to, offset)), offset)),
          )
          f.set(to, ptr.add(to, ptr.const(rowBytes)))
          f.set(key, ptr.add(key, ptr.const(4)))
        })
      })
    })
  })
  const instance = new WebAssembly.Instance(new WebAssembly.Module(builder.assemble()), { env: { memory } })
  const settle = instance.exports['settle'] as (...places: (number | bigint)[]) => void
  const pointer = (address: number): number | bigint => (options.memory64 ? BigInt(address) : address)
  return (...places) => settle(...places.map(pointer))
}
