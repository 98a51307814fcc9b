import { spawnSync } from 'node:child_process'
import { afterAll, describe, expect, it } from 'vitest'
import { createSandbox } from './sandbox.ts'

const sandbox = createSandbox()
const hurried = createSandbox({ timeoutMs: 200 })
afterAll(() => [sandbox, hurried].forEach((each) => each[Symbol.dispose]()))

async function outcomeOf(source: string, expression = '1', within = sandbox) {
  const { outcomes, failure } = await within.evaluate(source, [expression])
  return failure === undefined ? outcomes[0] : failure.code
}

describe('code in the sandbox', () => {
  it.each([
    'process',
    'require("fs")',
    'fetch("http://127.0.0.1")',
    'WebAssembly',
    'Worker',
    'setTimeout(() => {}, 0)',
    'Deno',
    'performance.now()',
    'globalThis.constructor.constructor("return process")()',
    '(() => {}).constructor("return process.env")()',
    '[].constructor.constructor("return this.process.mainModule")().x',
    'console.log.constructor("return process")()',
    'new Date().constructor.constructor("return process")()',
    'Reflect.construct(Function, ["return require"])()("fs")',
    '(async () => {}).constructor("return process")()',
    'new Error().constructor.prepareStackTrace()',
    'module.constructor._load("fs")',
    'import("node:fs")',
    'import.meta.url',
    'navigator.sendBeacon("http://127.0.0.1")',
    'postMessage("out")',
    'std.open("/etc/passwd", "r")',
    'os.exec(["id"])',
  ])('does not get out by %s', async (expression) => {
    expect(await outcomeOf('', expression)).toEqual({
      error: expect.stringMatching(/^(ReferenceError|TypeError|SyntaxError): /),
    })
  })

  it('has the globals of the language and a console, nothing else', async () => {
    const names = `Object.getOwnPropertyNames(globalThis).filter((name) => !/^[A-Z]/.test(name)).sort().join(' ')`
    expect(await outcomeOf('', names)).toEqual({
      value:
        '"console decodeURI decodeURIComponent encodeURI encodeURIComponent escape eval exports globalThis isFinite isNaN module parseFloat parseInt undefined unescape"',
    })
  })

  it.each([
    ['while (true) {}'],
    ['try { while (true) {} } finally { while (true) {} }'],
    ['/(a+)+$/.test("a".repeat(40) + "b")'],
    ['(async () => { for (;;) await null })()'],
    [
      'const fork = () => { Promise.resolve().then(fork); Promise.resolve().then(fork) }; fork()',
      'new Promise(() => {})',
    ],
    ['', '(async () => { for (;;) await null })()'],
    ['', '({ get x() { while (true) {} } })'],
    ['', '"a".repeat(2e7).indexOf("a".repeat(1e7) + "b")'],
    ['', 'new Proxy({}, { ownKeys() { while (true) {} } })'],
  ])('is stopped by the clock: %s %s', async (source, expression = 'new Promise(() => {})') => {
    expect(await outcomeOf(source, expression, hurried)).toBe('sandbox-time')
  })

  it.each([
    ['const all = []; while (true) all.push(new Array(1000).fill(1))'],
    ['"x".repeat(2 ** 29)'],
    ['new Array(1e8).fill(0)'],
    ['const object = {}; for (let at = 0; ; at++) object["key" + at] = at'],
  ])('is stopped where its memory ends: %s', async (source) => {
    expect(await outcomeOf(source)).toBe('sandbox-memory')
  })

  it('takes no more of the process than its memory, and leaves the sandbox usable', async () => {
    const before = process.memoryUsage().rss
    for (let run = 0; run < 3; run++) await outcomeOf('const all = []; while (true) all.push(new Array(1e5).fill(run))')
    expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(256)
    expect(await outcomeOf('', '6 * 7')).toEqual({ value: '42' })
  })

  it.each(['down()', 'JSON.parse("[".repeat(1e6))'])('can catch a recursion without end: %s', async (expression) => {
    expect(await outcomeOf('function down() { return down() }', expression)).toEqual({
      error: expect.stringContaining('stack overflow'),
    })
  })

  it('changes nothing for the next expression, nor for the next execution', async () => {
    const pollute = '(Object.prototype.leaked = 1, Array.prototype.push = null, globalThis.kept = 1)'
    const look = '[{}.leaked, typeof [].push, typeof kept]'
    const { outcomes } = await sandbox.evaluate('var count = (globalThis.count ?? 0) + 1', [pollute, look, 'count'])
    expect(outcomes.slice(1)).toEqual([{ value: '[undefined, "function", "undefined"]' }, { value: '1' }])
    expect(await outcomeOf('', look)).toEqual({ value: '[undefined, "function", "undefined"]' })
    expect(({} as Record<string, unknown>)['leaked']).toBeUndefined()
  })

  it('cannot change how values are written out', async () => {
    const tamper = `
      Object.keys = () => []; JSON.stringify = () => '"right"'; Object.is = () => true
      Array.isArray = () => false; Array.prototype.sort = () => {}; Map.prototype.forEach = () => {}
      String.prototype.slice = () => 'right'; String = () => 'right'; Array.prototype[Symbol.iterator] = null; Function.prototype.call = null
      Function.prototype.bind = null; Object.defineProperty = null; Error.prototype.toString = null
      Object.defineProperties(Array.prototype, {}); Date.prototype.getTime = () => 7; ArrayBuffer.isView = () => true`
    const { outcomes } = await sandbox.evaluate(tamper, [
      '({ b: [1, "x"], a: new Map().set(1, 2) })',
      'new Date(5)',
      'no',
    ])
    expect(outcomes).toEqual([
      { value: '{"a": Map {1 => 2}, "b": [1, "x"]}' },
      { value: 'Date 5' },
      { error: "ReferenceError: 'no' is not defined" },
    ])
  })

  it('ends when it is cancelled, and the sandbox goes on', async () => {
    const controller = new AbortController()
    const endless = sandbox.evaluate('while (true) {}', ['1'], { signal: controller.signal })
    setTimeout(() => controller.abort(), 50)
    await expect(endless).rejects.toMatchObject({ code: 'aborted' })
    expect(await outcomeOf('', '1')).toEqual({ value: '1' })
  })

  it('runs in a host that makes no code of strings, and keeps no process alive', () => {
    const script = `
      import { createSandbox } from ${JSON.stringify(new URL('sandbox.ts', import.meta.url).href)}
      const { outcomes } = await createSandbox().evaluate('', ['eval("6 * 7")'])
      let blocked = false
      try { new Function('return 1') } catch { blocked = true }
      console.log(JSON.stringify({ outcomes, blocked }))`
    const flags = ['--disallow-code-generation-from-strings', '--input-type=module', '--eval', script]
    const { stdout, stderr } = spawnSync(process.execPath, flags, { encoding: 'utf8', timeout: 20_000 })
    expect(stdout, stderr).toBe('{"outcomes":[{"value":"42"}],"blocked":true}\n')
  })
})

describe('a sandbox', () => {
  it.each([{ timeoutMs: 0 }, { timeoutMs: Number.NaN }, { memoryBytes: 2 ** 20 }, { outputChars: -1 }])(
    'refuses %o',
    (options) => {
      expect(() => createSandbox(options)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
    },
  )

  it('says so when it is used after its end', async () => {
    const ended = createSandbox()
    ended[Symbol.dispose]()
    await expect(ended.evaluate('', ['1'])).rejects.toMatchObject({ code: 'disposed' })
  })
})
