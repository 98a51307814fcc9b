/**
 * One execution in an instance of QuickJS of its own: a WebAssembly memory with a maximum (QuickJS's own limit is no cap), no host functions,
 * a deadline that the interpreter asks for. What the interpreter cannot interrupt, a long search inside one built-in function, is for the
 * owner of the thread to kill.
 */
import { newQuickJSWASMModuleFromVariant, newVariant, RELEASE_SYNC } from 'quickjs-emscripten'
import type { QuickJSContext, QuickJSHandle, QuickJSRuntime } from 'quickjs-emscripten'
import type { ExecutionReport, ExecutionRequest, ExpressionOutcome, LimitCode } from './protocol.ts'
import { realmSource } from './realm-source.ts'

const pageBytes = 65_536
/** Below this the interpreter itself does not start. */
const leastPages = 256
/** Of the interpreter's own stack; deeper recursion is an error that code can catch. */
const stackBytes = 256 * 1024
/** Longer values are cut, with a marker that tells how long they are and a sum of the whole, so that equal texts stay equal values. */
const valueChars = 10_000

/** @param now milliseconds of any clock */
export async function execute(
  request: ExecutionRequest,
  now: () => number,
  onOutcome: (outcome: ExpressionOutcome) => void = () => undefined,
): Promise<ExecutionReport> {
  const maximum = Math.max(leastPages, Math.ceil(request.memoryBytes / pageBytes))
  const wasmMemory = new WebAssembly.Memory({ initial: leastPages, maximum })
  const quickJs = await newQuickJSWASMModuleFromVariant(newVariant(RELEASE_SYNC, { wasmMemory }))
  const runtime = quickJs.newRuntime()
  runtime.setMaxStackSize(stackBytes)
  const deadline = createDeadline(now() + request.timeoutMs, now)
  runtime.setInterruptHandler(deadline.passed)
  const outcomes: ExpressionOutcome[] = []
  let output = ''
  try {
    for (const expression of request.expressions) {
      const realm = openRealm(runtime, request)
      const outcome = evaluate(realm, request.source, expression, deadline)
      output = realm.takeOutput()
      deadline.check()
      outcomes.push(outcome)
      onOutcome(outcome)
      realm.context.dispose()
    }
    return { outcomes, output }
  } catch (error) {
    return { outcomes, output, limit: limitOf(error, request) }
  }
}

class LimitReached extends Error {
  readonly code: LimitCode
  constructor(code: LimitCode) {
    super(code)
    this.code = code
  }
}

interface Deadline {
  readonly passed: () => boolean
  readonly check: () => void
}

function createDeadline(at: number, now: () => number): Deadline {
  const passed = (): boolean => now() >= at
  return {
    passed,
    check: () => {
      if (passed()) throw new LimitReached('sandbox-time')
    },
  }
}

/** After such an error the instance is corrupt; it is never used again. */
function limitOf(error: unknown, { timeoutMs, memoryBytes }: ExecutionRequest): NonNullable<ExecutionReport['limit']> {
  if (error instanceof LimitReached && error.code === 'sandbox-time') {
    return { code: 'sandbox-time', message: `the code ran longer than ${timeoutMs} ms` }
  }
  const megabytes = Math.round(memoryBytes / 2 ** 20)
  return { code: 'sandbox-memory', message: `the code took more than ${megabytes} MiB, or nested too deeply` }
}

interface Realm {
  readonly context: QuickJSContext
  readonly describe: (value: QuickJSHandle) => ExpressionOutcome
  readonly describeError: (error: QuickJSHandle) => string
  readonly takeOutput: () => string
}

/** A realm of its own for every expression: what one does to its globals, the next does not see. */
function openRealm(runtime: QuickJSRuntime, { seed, outputChars }: ExecutionRequest): Realm {
  const context = runtime.newContext()
  const functions = context.unwrapResult(context.evalCode(realmSource(seed, outputChars), 'realm', { type: 'global' }))
  const [describe, describeError, takeOutput] = ['describe', 'describeError', 'takeOutput'].map((name) =>
    context.getProp(functions, name),
  )
  functions.dispose()
  const call = (method: QuickJSHandle, ...values: QuickJSHandle[]) => {
    const result = context.callFunction(method, context.undefined, ...values)
    if (result.error === undefined) return { text: context.getString(result.value) }
    return { error: messageOf(context, result.error) }
  }
  const textOf = (error: QuickJSHandle): string => {
    const { text, error: thrown } = call(describeError, error)
    return checkMemory(text ?? thrown ?? 'Error')
  }
  return {
    context,
    describe: (value) => {
      const { text, error } = call(describe, value)
      return text === undefined ? { error: checkMemory(error ?? 'Error') } : { value: cutValue(text) }
    },
    describeError: (error) => cutValue(textOf(error)),
    takeOutput: () => call(takeOutput).text ?? '',
  }
}

function evaluate(realm: Realm, source: string, expression: string, deadline: Deadline): ExpressionOutcome {
  const { context } = realm
  const loaded = context.evalCode(source, 'source.js', { type: 'global' })
  deadline.check()
  if (loaded.error !== undefined) return { error: realm.describeError(loaded.error) }
  loaded.value.dispose()
  const result = context.evalCode(`(${expression}\n)`, 'expression.js', { type: 'global' })
  deadline.check()
  if (result.error !== undefined) return { error: realm.describeError(result.error) }
  const settled = settle(context, result.value, deadline)
  if ('error' in settled) {
    return { error: settled.error === undefined ? neverSettled : realm.describeError(settled.error) }
  }
  const outcome = realm.describe(settled.value)
  deadline.check()
  return outcome
}

const neverSettled = 'Error: its promise never settles'
/** Jobs between two looks at the clock. */
const jobsAtOnce = 100

type Settled = { readonly value: QuickJSHandle } | { readonly error: QuickJSHandle | undefined }

/** The value of a promise, once its jobs have run; of anything else the thing itself. */
function settle(context: QuickJSContext, value: QuickJSHandle, deadline: Deadline): Settled {
  for (;;) {
    const state = context.getPromiseState(value)
    if (state.type === 'fulfilled') return { value: state.value }
    if (state.type === 'rejected') return { error: state.error }
    if (!context.runtime.hasPendingJob()) return { error: undefined }
    context.runtime.executePendingJobs(jobsAtOnce)
    deadline.check()
  }
}

function messageOf(context: QuickJSContext, error: QuickJSHandle): string {
  const [name, message] = ['name', 'message'].map((field) => {
    const value = context.getProp(error, field)
    return context.typeof(value) === 'string' ? context.getString(value) : ''
  })
  return `${name}: ${message}`
}

function checkMemory(message: string): string {
  if (message.startsWith('InternalError: out of memory')) throw new LimitReached('sandbox-memory')
  return message
}

function cutValue(text: string): string {
  if (text.length <= valueChars) return text
  let sum = 0x811c9dc5
  for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193)
  const rest = text.length - valueChars
  return `${text.slice(0, valueChars)}… [${rest} more characters, sum ${(sum >>> 0).toString(16)}]`
}
