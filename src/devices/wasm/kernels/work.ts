/** How threads share a step: each takes the next chunk of items from the step's counter until none is left. */
import { i32 } from '../asm/expression.ts'
import type { I32, Ptr } from '../asm/expression.ts'
import type { FunctionBuilder, Local } from '../asm/module.ts'

/** Runs `body` for every item in [0, count), `perChunk` items at a time. */
export function emitChunks(
  f: FunctionBuilder,
  step: Ptr,
  count: I32,
  perChunk: number,
  body: (item: Local<'i32'>) => void,
): void {
  const total = f.local('i32', count)
  const item = f.local('i32')
  const end = f.local('i32')
  const first = f.local('i32')
  f.loop((stop) => {
    f.set(first, i32.mul(i32.atomicAdd(step, i32.const(1)), i32.const(perChunk)))
    stop(i32.geS(first, total))
    f.set(end, i32.min(i32.add(first, i32.const(perChunk)), total))
    f.for(item, first, end, 1, () => {
      body(item)
    })
  })
}
