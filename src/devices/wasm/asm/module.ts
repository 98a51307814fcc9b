/** Modules and functions: declares locals, writes statements and control flow, and assembles the binary. */
import { ByteWriter } from './encode.ts'
import { i32 } from './expression.ts'
import type { Arithmetic, EmitContext, Expression, I32, Ptr, Statement, ValueType } from './expression.ts'

export interface Local<T extends ValueType> extends Expression<T> {
  readonly index: number
}

export interface ModuleOptions {
  /** Addresses are i64 and the memory may pass 4 GiB. */
  readonly memory64: boolean
  readonly shared: boolean
  readonly arithmetic: Arithmetic
  /** Written into a custom section. Engines share code between modules of equal bytes; a label keeps them apart. */
  readonly label?: string
  /** Limits of the imported memory, in pages of 64 KiB. */
  readonly minimumPages: number
  readonly maximumPages: number
}

const typeCodes = { i32: 0x7f, i64: 0x7e, f32: 0x7d, v128: 0x7b } as const

export class FunctionBuilder {
  readonly name: string
  readonly parameters: readonly ValueType[]
  readonly result: ValueType | undefined
  readonly #locals: ValueType[] = []
  /** Vector constants by their bytes, and the code that sets their locals. */
  readonly #constants = new Map<string, number>()
  readonly #prologue = new ByteWriter()
  readonly #context: EmitContext
  #depth = 0

  constructor(
    name: string,
    parameters: readonly ValueType[],
    result: ValueType | undefined,
    { memory64, arithmetic }: Pick<ModuleOptions, 'memory64' | 'arithmetic'>,
  ) {
    this.name = name
    this.parameters = parameters
    this.result = result
    this.#context = {
      out: new ByteWriter(),
      memory64,
      arithmetic,
      constantLocal: (bytes) => this.#constantLocal(bytes),
    }
  }

  parameter<T extends ValueType>(index: number, type: T): Local<T> {
    return localAt(index, type)
  }

  /** Declares a local; with `initial`, sets it at once. */
  local<T extends ValueType>(type: T, initial?: Expression<T>): Local<T> {
    const local = localAt(this.parameters.length + this.#locals.length, type)
    this.#locals.push(type)
    if (initial !== undefined) this.set(local, initial)
    return local
  }

  set<T extends ValueType>(local: Local<T>, value: Expression<T>): void {
    value.emit(this.#context)
    this.#context.out.byte(0x21)
    this.#context.out.unsigned(local.index)
  }

  do(statement: Statement): void {
    statement.emit(this.#context)
  }

  drop(value: Expression<ValueType>): void {
    value.emit(this.#context)
    this.#context.out.byte(0x1a)
  }

  if(condition: I32, then: () => void, otherwise?: () => void): void {
    condition.emit(this.#context)
    this.#open(0x04)
    then()
    if (otherwise !== undefined) {
      this.#context.out.byte(0x05)
      otherwise()
    }
    this.#close()
  }

  /** Runs `body` for index = start, start + step, ... while index < end (signed). */
  for(index: Local<'i32'>, start: I32, end: I32, step: number, body: () => void): void {
    this.set(index, start)
    this.if(i32.ltS(index, end), () => {
      this.#open(0x03)
      body()
      this.set(index, i32.add(index, i32.const(step)))
      this.#branchIf(i32.ltS(index, end), 0)
      this.#close()
    })
  }

  /** Runs `body` while `condition` holds. */
  while(condition: I32, body: () => void): void {
    this.loop((stop) => {
      stop(i32.eqz(condition))
      body()
    })
  }

  /** Runs `body` for ever; `body` calls `stop(condition)` to leave. */
  loop(body: (stop: (condition: I32) => void) => void): void {
    this.#open(0x02)
    const outer = this.#depth
    this.#open(0x03)
    body((condition) => {
      this.#branchIf(condition, this.#depth - outer)
    })
    this.#context.out.byte(0x0c)
    this.#context.out.unsigned(0)
    this.#close()
    this.#close()
  }

  return(value?: Expression<ValueType>): void {
    value?.emit(this.#context)
    this.#context.out.byte(0x0f)
  }

  call(target: FunctionBuilder, indexOf: number, operands: readonly Expression<ValueType>[]): void {
    for (const operand of operands) operand.emit(this.#context)
    this.#context.out.byte(0x10)
    this.#context.out.unsigned(indexOf)
    if (target.result !== undefined) this.#context.out.byte(0x1a)
  }

  /** Calls a function of the table that takes (ptr, i32, i32) and returns nothing. */
  callIndirect(typeIndex: number, operands: readonly Expression<ValueType>[], tableIndex: I32): void {
    for (const operand of operands) operand.emit(this.#context)
    tableIndex.emit(this.#context)
    this.#context.out.byte(0x11)
    this.#context.out.unsigned(typeIndex)
    this.#context.out.unsigned(0)
  }

  /** Fills `length` bytes with `value`. */
  fill(address: Ptr, value: I32, length: Ptr): void {
    address.emit(this.#context)
    value.emit(this.#context)
    length.emit(this.#context)
    this.#context.out.bytes([0xfc, 0x0b, 0x00])
  }

  copy(to: Ptr, from: Ptr, length: Ptr): void {
    to.emit(this.#context)
    from.emit(this.#context)
    length.emit(this.#context)
    this.#context.out.bytes([0xfc, 0x0a, 0x00, 0x00])
  }

  write(out: ByteWriter, code: (type: ValueType) => number): void {
    out.sized((body) => {
      body.unsigned(this.#locals.length)
      for (const type of this.#locals) {
        body.unsigned(1)
        body.byte(code(type))
      }
      body.bytes(this.#prologue.take())
      body.bytes(this.#context.out.take())
      body.byte(0x0b)
    })
  }

  #constantLocal(bytes: Uint8Array): number {
    const key = bytes.join()
    const known = this.#constants.get(key)
    if (known !== undefined) return known
    const { index } = this.local('v128')
    this.#constants.set(key, index)
    this.#prologue.bytes([0xfd, 0x0c, ...bytes, 0x21])
    this.#prologue.unsigned(index)
    return index
  }

  #open(opcode: number): void {
    this.#context.out.byte(opcode)
    this.#context.out.byte(0x40)
    this.#depth++
  }

  #close(): void {
    this.#context.out.byte(0x0b)
    this.#depth--
  }

  #branchIf(condition: I32, depth: number): void {
    condition.emit(this.#context)
    this.#context.out.byte(0x0d)
    this.#context.out.unsigned(depth)
  }
}

/** Collects functions that share one imported memory (`env.memory`) and exports them by name and, in order, as one table. */
export class ModuleBuilder {
  readonly options: ModuleOptions
  readonly #functions: FunctionBuilder[] = []

  constructor(options: ModuleOptions) {
    this.options = options
  }

  function(
    name: string,
    parameters: readonly ValueType[],
    result: ValueType | undefined,
    write: (f: FunctionBuilder) => void,
  ): FunctionBuilder {
    const builder = new FunctionBuilder(name, parameters, result, this.options)
    this.#functions.push(builder)
    write(builder)
    return builder
  }

  /** Index of a function in the module and in its table. */
  indexOf(builder: FunctionBuilder): number {
    return this.#functions.indexOf(builder)
  }

  assemble(): Uint8Array<ArrayBuffer> {
    const { memory64, shared, minimumPages, maximumPages } = this.options
    const code = (type: ValueType) => (type === 'ptr' ? (memory64 ? typeCodes.i64 : typeCodes.i32) : typeCodes[type])
    const types = [kernelSignature, ...this.#functions.map(signatureOf)].filter(
      (signature, index, all) => all.findIndex((other) => same(other, signature)) === index,
    )
    const out = new ByteWriter()
    out.bytes([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])
    section(out, 0, (s) => {
      s.name(`ostro ${this.options.label ?? ''}`)
    })
    section(out, 1, (s) => {
      s.unsigned(types.length)
      for (const { parameters, result } of types) {
        s.byte(0x60)
        s.unsigned(parameters.length)
        for (const type of parameters) s.byte(code(type))
        s.unsigned(result === undefined ? 0 : 1)
        if (result !== undefined) s.byte(code(result))
      }
    })
    section(out, 2, (s) => {
      s.unsigned(1)
      s.name('env')
      s.name('memory')
      s.byte(0x02)
      s.byte(1 | (shared ? 2 : 0) | (memory64 ? 4 : 0))
      s.unsigned(minimumPages)
      s.unsigned(maximumPages)
    })
    section(out, 3, (s) => {
      s.unsigned(this.#functions.length)
      for (const f of this.#functions) s.unsigned(types.findIndex((type) => same(type, signatureOf(f))))
    })
    section(out, 4, (s) => {
      s.bytes([1, 0x70, 0x00])
      s.unsigned(this.#functions.length)
    })
    section(out, 7, (s) => {
      s.unsigned(this.#functions.length)
      this.#functions.forEach((f, index) => {
        s.name(f.name)
        s.byte(0)
        s.unsigned(index)
      })
    })
    section(out, 9, (s) => {
      s.bytes([1, 0, 0x41, 0, 0x0b])
      s.unsigned(this.#functions.length)
      this.#functions.forEach((_, index) => {
        s.unsigned(index)
      })
    })
    section(out, 10, (s) => {
      s.unsigned(this.#functions.length)
      for (const f of this.#functions) f.write(s, code)
    })
    return out.take()
  }
}

/** Type 0 of every module: what the step table calls. */
export const kernelSignature: Signature = { parameters: ['ptr', 'i32', 'i32'], result: undefined }

interface Signature {
  readonly parameters: readonly ValueType[]
  readonly result: ValueType | undefined
}

const signatureOf = (f: FunctionBuilder): Signature => ({ parameters: f.parameters, result: f.result })
const same = (a: Signature, b: Signature) => a.result === b.result && a.parameters.join() === b.parameters.join()

function localAt<T extends ValueType>(index: number, type: T): Local<T> {
  return {
    index,
    type,
    emit: ({ out }) => {
      out.byte(0x20)
      out.unsigned(index)
    },
  }
}

function section(out: ByteWriter, id: number, write: (section: ByteWriter) => void): void {
  out.byte(id)
  out.sized(write)
}
