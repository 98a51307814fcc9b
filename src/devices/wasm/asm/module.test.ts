/** Small functions, assembled and run for real, in 32-bit and 64-bit memories. */
import { describe, expect, it } from 'vitest'
import { at, f32, f32x4, i16x8, i32, i32x4, i64, i8x16, ptr, v128 } from './expression.ts'
import type { Arithmetic, V128, ValueType } from './expression.ts'
import { ModuleBuilder } from './module.ts'
import type { FunctionBuilder } from './module.ts'

interface Options {
  readonly memory64?: boolean
  readonly arithmetic?: Arithmetic
}

/** One function `f` beside one page of memory. */
async function build(
  parameters: readonly ValueType[],
  result: ValueType | undefined,
  write: (f: FunctionBuilder) => void,
  { memory64 = false, arithmetic = 'relaxed-i16' }: Options = {},
) {
  const module = new ModuleBuilder({ memory64, arithmetic, shared: true, minimumPages: 1, maximumPages: 1 })
  module.function('f', parameters, result, write)
  const limits = memory64 ? { initial: 1n, maximum: 1n, address: 'i64' } : { initial: 1, maximum: 1 }
  const memory = new WebAssembly.Memory({ ...limits, shared: true } as unknown as WebAssembly.MemoryDescriptor)
  const { instance } = await WebAssembly.instantiate(module.assemble(), { env: { memory } })
  const f = instance.exports.f as (...values: (number | bigint)[]) => number
  return { f, bytes: new Uint8Array(memory.buffer), address: (value: number) => (memory64 ? BigInt(value) : value) }
}

/** Two vectors at 0 and 16, the result at 32. */
async function onVectors(a: ArrayBufferView, b: ArrayBufferView, body: (a: V128, b: V128) => V128, options?: Options) {
  const { f, bytes } = await build(
    [],
    undefined,
    (f) => {
      const left = f.local('v128', v128.load(ptr.const(0)))
      const right = f.local('v128', v128.load(ptr.const(16)))
      f.do(v128.store(ptr.const(32), body(left, right)))
    },
    options,
  )
  bytes.set(new Uint8Array(a.buffer, a.byteOffset, 16), 0)
  bytes.set(new Uint8Array(b.buffer, b.byteOffset, 16), 16)
  f()
  return bytes.slice(32, 48).buffer
}

describe('control flow', () => {
  it('if takes one branch', async () => {
    const { f } = await build(['i32'], 'i32', (f) => {
      const x = f.parameter(0, 'i32')
      const result = f.local('i32')
      f.if(
        i32.ltS(x, i32.const(0)),
        () => f.set(result, i32.const(-1)),
        () => {
          f.if(i32.ne(x, i32.const(0)), () => f.set(result, i32.const(1)))
        },
      )
      f.return(result)
    })
    expect([f(-5), f(0), f(9)]).toEqual([-1, 0, 1])
  })

  it.each([
    [0, 5, 1],
    [0, 0, 1],
    [3, 1, 1],
    [-7, 8, 3],
    [2, 10, 4],
  ])('for from %i to %i by %i visits what TypeScript visits', async (start, end, step) => {
    const { f } = await build(['i32', 'i32'], 'i32', (f) => {
      const index = f.local('i32')
      const sum = f.local('i32')
      f.for(index, f.parameter(0, 'i32'), f.parameter(1, 'i32'), step, () => {
        f.set(sum, i32.add(i32.mul(sum, i32.const(31)), index))
      })
      f.return(sum)
    })
    let expected = 0
    for (let index = start; index < end; index += step) expected = (Math.imul(expected, 31) + index) | 0
    expect(f(start, end)).toBe(expected)
  })

  it('loops nest, and stop leaves only its own', async () => {
    const { f } = await build(['i32'], 'i32', (f) => {
      const n = f.parameter(0, 'i32')
      const [row, column, count] = [f.local('i32'), f.local('i32'), f.local('i32')]
      f.loop((stop) => {
        stop(i32.geS(row, n))
        f.set(column, i32.const(0))
        f.while(i32.leS(column, row), () => {
          f.if(i32.eqz(i32.and(column, i32.const(1))), () => f.set(count, i32.add(count, i32.const(1))))
          f.set(column, i32.add(column, i32.const(1)))
        })
        f.set(row, i32.add(row, i32.const(1)))
      })
      f.return(count)
    })
    // Even columns of a triangle of 7 rows: 1 + 1 + 2 + 2 + 3 + 3 + 4.
    expect(f(7)).toBe(16)
    expect(f(0)).toBe(0)
  })
})

describe.each([false, true])('memory64 = %s', (memory64) => {
  it('addresses, loads and stores', async () => {
    const { f, bytes, address } = await build(
      ['ptr', 'i32'],
      'i32',
      (f) => {
        const base = f.parameter(0, 'ptr')
        const index = f.parameter(1, 'i32')
        f.do(i32.store(at(base, index, 12), i32.const(-2), 4))
        f.do(i32.store8(at(base, index, 12), i32.const(0x1ff), 9))
        f.do(i32.store16(at(base, index, 12), i32.const(0x12345), 10))
        f.return(i32.add(i32.load8S(at(base, index, 12), 4), i32.load16U(at(base, index, 12), 10)))
      },
      { memory64 },
    )
    expect(f(address(100), 3)).toBe(-2 + 0x2345)
    expect(Array.from(bytes.subarray(136, 148))).toEqual([0, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0, 0xff, 0x45, 0x23])
  })

  it('fills and copies', async () => {
    const { f, bytes } = await build(
      [],
      undefined,
      (f) => {
        f.fill(ptr.const(64), i32.const(7), ptr.const(10))
        f.copy(ptr.const(70), ptr.const(60), ptr.const(8))
      },
      { memory64 },
    )
    f()
    expect(Array.from(bytes.subarray(62, 80))).toEqual([0, 0, 7, 7, 7, 7, 7, 7, 0, 0, 0, 0, 7, 7, 7, 7, 0, 0])
  })

  it('counts atomically, and a wait on another value returns at once', async () => {
    const { f, bytes } = await build(
      [],
      'i32',
      (f) => {
        const before = f.local('i32', i32.atomicAdd(ptr.const(128), i32.const(5)))
        const waited = i32.atomicWait(ptr.const(128), i32.const(99), i64.const(-1n))
        f.return(i32.add(i32.mul(waited, i32.const(100)), i32.add(before, i32.atomicLoad(ptr.const(128)))))
      },
      { memory64 },
    )
    bytes[128] = 3
    expect(f()).toBe(1 * 100 + 3 + 8)
  })
})

describe('scalars', () => {
  it('constants keep their bits', async () => {
    for (const value of [0, -1, 63, 64, -64, -65, 2 ** 31 - 1, -(2 ** 31)]) {
      const { f } = await build([], 'i32', (f) => f.return(i32.const(value)))
      expect(f()).toBe(value)
    }
    for (const value of [0, -0, 1.5, Math.fround(1e-40), -Infinity]) {
      const { f } = await build([], 'f32', (f) => f.return(f32.const(value)))
      expect(f()).toBe(value)
    }
  })

  it('selects, minima and float functions', async () => {
    const { f } = await build(['i32', 'i32'], 'i32', (f) => {
      f.return(i32.min(f.parameter(0, 'i32'), f.parameter(1, 'i32')))
    })
    expect([f(3, -4), f(-4, 3)]).toEqual([-4, -4])
    const nearest = await build(['f32'], 'f32', (f) => f.return(f32.nearest(f.parameter(0, 'f32'))))
    expect([0.5, 1.5, 2.5, -0.5].map((x) => nearest.f(x))).toEqual([0, 2, 2, -0])
    const chosen = await build(['f32'], 'f32', (f) => {
      const x = f.parameter(0, 'f32')
      f.return(f32.select(f32.gt(x, f32.const(0)), f32.sqrt(x), f32.neg(x)))
    })
    expect([chosen.f(9), chosen.f(-2)]).toEqual([3, 2])
  })
})

describe('vectors', () => {
  const codes = Int8Array.from({ length: 16 }, (_, i) => [-127, 127, -1, 0, 1, 100, -100, 64][i % 8] ?? 0)
  const weights = Uint8Array.from({ length: 16 }, (_, i) => [63, 63, 127, 0, 15, 1, 31, 9][i % 8] ?? 0)

  it.each(['relaxed-i16', 'plain'] as const)('byte products summed in pairs are exact (%s)', async (arithmetic) => {
    const got = new Int16Array(await onVectors(codes, weights, i16x8.dotI8x16I7x16, { arithmetic }))
    const want = Array.from({ length: 8 }, (_, i) => [2 * i, 2 * i + 1].reduce((s, k) => s + codes[k] * weights[k], 0))
    expect([...got]).toEqual(want)
  })

  it('byte products summed in fours are exact (relaxed-i32)', async () => {
    const dot = (a: V128, b: V128) => i32x4.relaxedDotI8x16I7x16AddS(a, b, i32x4.splatConst(1000))
    const got = new Int32Array(await onVectors(codes, weights, dot, { arithmetic: 'relaxed-i32' }))
    const want = Array.from({ length: 4 }, (_, i) => [0, 1, 2, 3].reduce((s, j) => s + codes[4 * i + j] * weights[4 * i + j], 1000)) // prettier-ignore
    expect([...got]).toEqual(want)
  })

  it('16-bit products, narrowing, shuffles and shifts', async () => {
    const a = Int16Array.of(-32768, 32767, 300, -300, 1, 2, 3, 4)
    const b = Int16Array.of(-32768, 32767, 2, 3, 5, -6, 7, -8)
    expect([...new Int32Array(await onVectors(a, b, i32x4.dotI16x8S))]).toEqual([2 ** 30 + 32767 ** 2, -300, -7, -11])
    expect([...new Int8Array(await onVectors(a, b, i8x16.narrowI16S))].slice(0, 4)).toEqual([-128, 127, 127, -128])
    const bytes = Uint8Array.from({ length: 16 }, (_, i) => i)
    const others = Uint8Array.from({ length: 16 }, (_, i) => 100 + i)
    const lanes = [0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 31]
    const picked = new Uint8Array(await onVectors(bytes, others, (x, y) => i8x16.shuffle(x, y, lanes)))
    expect([...picked]).toEqual(lanes.map((lane) => (lane < 16 ? lane : 84 + lane)))
    const shifted = new Int16Array(await onVectors(a, b, (x) => i16x8.shrS(i16x8.shl(x, 8), 8)))
    expect([...shifted]).toEqual([...a].map((value) => (value << 24) >> 24))
  })

  it('float conversions saturate, constants keep their lanes', async () => {
    const a = Float32Array.of(2.5, -3.5, 1e20, NaN)
    const b = Float32Array.of(1, -2, 0.5, 4)
    const whole = await onVectors(a, b, (x) => i32x4.truncSatF32S(f32x4.nearest(x)))
    expect([...new Int32Array(whole)]).toEqual([2, -4, 2 ** 31 - 1, 0])
    const sum = await onVectors(b, b, (x) => f32x4.add(x, f32x4.splatConst(0.25)))
    expect([...new Float32Array(sum)]).toEqual([1.25, -1.75, 0.75, 4.25])
  })
})
