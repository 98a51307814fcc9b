/**
 * Products of a query with keys in their pages, for looking at attention: a module of its own, made of the same code as the kernel's and
 * compiled when somebody first looks, so that programs which nobody watches are what they are.
 */
import type { LoadOptions } from '../../tensor/device.ts'
import { at, f32, i32 } from './asm/expression.ts'
import { ModuleBuilder } from './asm/module.ts'
import type { ModuleOptions } from './asm/module.ts'
import { cacheCodecs } from './kernels/attention.ts'
import { pagePositions } from './kernels/cache-codec.ts'

/** Addresses in the one memory. */
export interface KeyPlaces {
  /** f32 [headDim] */
  readonly query: number
  /** Working memory for the query as the codec encodes it. */
  readonly encoded: number
  /** The head's pages. */
  readonly keys: number
  /** i32 [tablePages]: pages of the sequence. */
  readonly table: number
  /** f32 [pages][64]: where the products of page `first` and those after it go. */
  readonly products: number
}

export type KeyProducts = (places: KeyPlaces, firstPage: number, endPage: number) => void

type Compiled = (
  ...parameters: [query: Pointer, encoded: Pointer, keys: Pointer, table: Pointer, products: Pointer, ...number[]]
) => void
type Pointer = number | bigint

/** Bytes that the query takes, whatever the codec makes of it. */
export const encodedQueryBytes = (type: LoadOptions['cache']['type'], headDim: number): number =>
  cacheCodecs[type].queryBytes(headDim)

/** @param options those of the program's own module, whose memory it shares */
export function compileKeyProducts(
  memory: WebAssembly.Memory,
  options: ModuleOptions,
  type: LoadOptions['cache']['type'],
  headDim: number,
): KeyProducts {
  const codec = cacheCodecs[type]
  const builder = new ModuleBuilder({ ...options, label: 'key products' })
  builder.function('products', ['ptr', 'ptr', 'ptr', 'ptr', 'ptr', 'i32', 'i32'], undefined, (f) => {
    const [query, encoded, base, table, products] = [0, 1, 2, 3, 4].map((index) => f.parameter(index, 'ptr'))
    const page = f.local('i32', f.parameter(5, 'i32'))
    const end = f.parameter(6, 'i32')
    const width = i32.const(headDim)
    const target = f.local('ptr', products)
    codec.emitQuery(f, query, f32.const(1), encoded, width)
    f.while(i32.ltS(page, end), () => {
      const keys = f.local('ptr', at(base, i32.load(at(table, page, 4)), codec.keyBytes(headDim)))
      const padded = i32.const(pagePositions)
      codec.emitScores(f, { keys, queries: [encoded], scores: [target], headDim: width, padded })
      f.set(target, at(target, i32.const(pagePositions), 4))
      f.set(page, i32.add(page, i32.const(1)))
    })
  })
  const instance = new WebAssembly.Instance(new WebAssembly.Module(builder.assemble()), { env: { memory } })
  const compiled = instance.exports['products'] as Compiled
  const pointer = (address: number): Pointer => (options.memory64 ? BigInt(address) : address)
  return ({ query, encoded, keys, table, products }, first, end) =>
    compiled(pointer(query), pointer(encoded), pointer(keys), pointer(table), pointer(products), first, end)
}
