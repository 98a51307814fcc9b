/**
 * What runs first in every realm of the sandbox. It makes the realm deterministic (a seeded `Math.random`, a clock that stands still), gives
 * it a console, and returns to the host, but not to the code that runs later, the functions that write values out. They keep the
 * intrinsics that they need, so that code which redefines these changes no verdict.
 */

/** The time that the realm's clock shows: 2026-01-01T00:00:00Z. */
const clockMs = 1_767_225_600_000

/** An expression in JavaScript whose value is `{ describe, describeError, takeOutput }`. */
export function realmSource(seed: number, outputChars: number): string {
  return `(${prepareRealm.toString()})(${seed >>> 0}, ${clockMs}, ${outputChars})`
}

// Travels as text: it may use nothing from outside itself, and it is JavaScript as it stands once its types are gone.
function prepareRealm(seed: number, clock: number, outputChars: number) {
  const { keys, getPrototypeOf, defineProperty, is, prototype: objectPrototype } = Object
  const { isArray } = Array
  const { isView } = ArrayBuffer
  const { stringify } = JSON
  const text = String
  const [MapType, SetType, DateType, ErrorType, RegExpType] = [Map, Set, Date, Error, RegExp]
  type Method = (self: unknown, ...values: readonly unknown[]) => unknown
  const detached = Function.prototype.bind.bind(Function.prototype.call) as (method: unknown) => Method
  const sort = detached(Array.prototype.sort)
  const forEachInMap = detached(Map.prototype.forEach)
  const forEachInSet = detached(Set.prototype.forEach)
  const timeOf = detached(Date.prototype.getTime)
  const sliceOf = detached(String.prototype.slice)
  const regExpText = detached(RegExp.prototype.toString)
  interface Parents {
    readonly value: object
    readonly next: Parents | undefined
  }

  const nameOf = (value: object): string => {
    const { constructor } = value
    const name = typeof constructor === 'function' ? constructor.name : ''
    return typeof name === 'string' && name !== '' ? name : 'Object'
  }
  const sorted = (texts: string[]): string => {
    sort(texts)
    let joined = ''
    for (let at = 0; at < texts.length; at++) joined += (at === 0 ? '' : ', ') + texts[at]
    return joined
  }
  const append = (texts: string[], value: string): void => {
    defineProperty(texts, texts.length, { value, writable: true, enumerable: true, configurable: true })
  }
  const describeList = (value: ArrayLike<unknown>, parents: Parents | undefined): string => {
    let joined = ''
    for (let at = 0; at < value.length; at++) {
      const item = at in value ? describe(value[at], parents) : '<empty>'
      joined += (at === 0 ? '' : ', ') + item
    }
    return `[${joined}]`
  }
  const describeObject = (value: object, outer: Parents | undefined): string => {
    for (let at = outer; at !== undefined; at = at.next) if (at.value === value) return '[circular]'
    const parents: Parents = { value, next: outer }
    if (isArray(value)) return describeList(value, parents)
    if (isView(value)) return `${nameOf(value)} ${describeList(value as unknown as ArrayLike<unknown>, parents)}`
    if (value instanceof DateType) return `Date ${text(timeOf(value))}`
    if (value instanceof RegExpType) return text(regExpText(value))
    if (value instanceof ErrorType) return describeError(value)
    const parts: string[] = []
    if (value instanceof MapType) {
      forEachInMap(value, (item: unknown, key: unknown) => {
        append(parts, `${describe(key, parents)} => ${describe(item, parents)}`)
      })
      return `Map {${sorted(parts)}}`
    }
    if (value instanceof SetType) {
      forEachInSet(value, (item: unknown) => append(parts, describe(item, parents)))
      return `Set {${sorted(parts)}}`
    }
    const names = keys(value)
    for (let at = 0; at < names.length; at++) {
      const item = (value as Record<string, unknown>)[names[at]]
      append(parts, `${stringify(names[at])}: ${describe(item, parents)}`)
    }
    const prototype = getPrototypeOf(value)
    const isPlain = prototype === objectPrototype || prototype === null
    return `${isPlain ? '' : `${nameOf(value)} `}{${sorted(parts)}}`
  }
  const describe = (value: unknown, parents?: Parents): string => {
    if (typeof value === 'string') return stringify(value)
    if (typeof value === 'bigint') return `${text(value)}n`
    if (typeof value === 'function') return `[function ${value.name}]`
    if (typeof value === 'object' && value !== null) return describeObject(value, parents)
    return is(value, -0) ? '-0' : text(value)
  }
  const describeError = (error: unknown): string => {
    if (!(error instanceof ErrorType)) return `thrown ${describe(error)}`
    return `${text(error.name)}: ${text(error.message)}`
  }

  let state = seed
  const random = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }

  const StillDate = function (...values: unknown[]) {
    if (new.target === undefined) return text(new DateType(clock))
    return Reflect.construct(DateType, values.length === 0 ? [clock] : values, new.target)
  }
  StillDate.prototype = DateType.prototype
  StillDate.now = () => clock
  StillDate.parse = DateType.parse
  StillDate.UTC = DateType.UTC
  defineProperty(StillDate, 'name', { value: 'Date' })
  DateType.prototype.constructor = StillDate as unknown as DateConstructor

  let output = ''
  let lost = 0
  const write = (...values: unknown[]): void => {
    let line = ''
    for (let at = 0; at < values.length; at++) {
      const value = values[at]
      line += (at === 0 ? '' : ' ') + (typeof value === 'string' ? value : describe(value))
    }
    line += '\n'
    const kept = text(sliceOf(line, 0, outputChars - output.length))
    output += kept
    lost += line.length - kept.length
  }
  const takeOutput = (): string => (lost === 0 ? output : `${output}… [${lost} more characters]`)
  const hidden = { writable: true, configurable: true, enumerable: false }
  const console = { log: write, info: write, warn: write, error: write, debug: write }
  const module = { exports: {} }
  defineProperty(Math, 'random', { ...hidden, value: random })
  Object.defineProperties(globalThis, {
    Date: { ...hidden, value: StillDate },
    console: { ...hidden, value: console },
    // So that code written for Node's CommonJS loads.
    module: { ...hidden, value: module },
    exports: { ...hidden, value: module.exports },
  })
  return { describe: (value: unknown) => describe(value), describeError, takeOutput }
}
