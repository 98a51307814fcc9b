import { createServer, type RequestListener } from 'node:http'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { fileSource } from './file-source.node.ts'
import { blobSource, bytesSource, httpSource, type ByteSource } from './source.ts'

const content = Uint8Array.from({ length: 1000 }, (_, index) => (index * 7) & 0xff)
const cleanups: (() => Promise<void>)[] = []

afterAll(async () => {
  for (const cleanup of cleanups) await cleanup()
})

async function temporaryFile(bytes: Uint8Array): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ostro-source-'))
  cleanups.push(() => rm(folder, { recursive: true }))
  const path = join(folder, 'bytes.bin')
  await writeFile(path, bytes)
  return path
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(async () => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a port expected')
  return `http://127.0.0.1:${address.port}`
}

/** Answers ranges as a hub does; `/moved` redirects. */
function rangeListener(etag: () => string): RequestListener {
  return (request, response) => {
    if (request.url === '/moved') {
      response.writeHead(302, { location: '/file' }).end()
      return
    }
    if (request.url !== '/file') {
      response.writeHead(request.url === '/secret' ? 401 : 404).end()
      return
    }
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
    if (range === null) {
      response.writeHead(200).end(content)
      return
    }
    const part = content.subarray(Number(range[1]), Number(range[2]) + 1)
    const contentRange = `bytes ${range[1]}-${range[2]}/${content.length}`
    response.writeHead(206, { 'content-range': contentRange, etag: etag() }).end(part)
  }
}

const kinds: readonly [string, () => Promise<ByteSource>][] = [
  ['bytes', async () => bytesSource(content)],
  ['blob', async () => blobSource(new Blob([content]))],
  ['file', async () => fileSource(await temporaryFile(content))],
  ['http', async () => httpSource(`${await serve(rangeListener(() => '"1"'))}/moved`)],
]

describe.each(kinds)('%s source', (_, open) => {
  test('reads any range', async () => {
    const source = await open()
    expect(source.sizeBytes).toBe(1000)
    for (const [offset, length] of [
      [0, 1],
      [0, 1000],
      [999, 1],
      [123, 456],
      [1000, 0],
    ]) {
      const into = new Uint8Array(length)
      await source.read(offset, into)
      expect(into).toEqual(content.slice(offset, offset + length))
    }
    await source.close()
  })

  test('refuses a range outside', async () => {
    const source = await open()
    for (const [offset, length] of [
      [-1, 1],
      [1000, 1],
      [0.5, 1],
      [Number.NaN, 1],
      [500, 501],
    ]) {
      await expect(source.read(offset, new Uint8Array(length))).rejects.toMatchObject({ code: 'invalid-argument' })
    }
    await source.close()
  })

  test('does not read once aborted', async () => {
    const source = await open()
    await expect(source.read(0, new Uint8Array(4), AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' })
    await source.close()
  })
})

describe('file source', () => {
  test('names a missing file', async () => {
    await expect(fileSource('/does/not/exist.gguf')).rejects.toMatchObject({ code: 'not-found' })
  })

  test('refuses a folder', async () => {
    await expect(fileSource(tmpdir())).rejects.toMatchObject({ code: 'invalid-argument' })
  })

  test('reports a file that was cut after opening', async () => {
    const path = await temporaryFile(content)
    const source = await fileSource(path)
    await truncate(path, 10)
    await expect(source.read(0, new Uint8Array(100))).rejects.toMatchObject({ code: 'disk' })
    await source.close()
  })

  test('refuses reading after close', async () => {
    const source = await fileSource(await temporaryFile(content))
    await source.close()
    await source.close()
    await expect(source.read(0, new Uint8Array(1))).rejects.toMatchObject({ code: 'disposed' })
  })
})

describe('http source', () => {
  test('refuses a server without ranges', async () => {
    const url = await serve((_, response) => response.writeHead(200).end(content))
    await expect(httpSource(url)).rejects.toMatchObject({ code: 'unsupported' })
  })

  test('tells a missing file from a closed door', async () => {
    const url = await serve(rangeListener(() => '"1"'))
    await expect(httpSource(`${url}/nothing`)).rejects.toMatchObject({ code: 'not-found' })
    await expect(httpSource(`${url}/secret`)).rejects.toMatchObject({ code: 'network', fields: { status: 401 } })
    await expect(httpSource('http://127.0.0.1:1/')).rejects.toMatchObject({ code: 'network' })
  })

  test('notices that the file changed between two reads', async () => {
    let version = 1
    const source = await httpSource(`${await serve(rangeListener(() => `"${version}"`))}/file`)
    await source.read(0, new Uint8Array(4))
    version = 2
    await expect(source.read(0, new Uint8Array(4))).rejects.toMatchObject({ code: 'network' })
  })

  test.each([
    ['less', 3],
    ['more', 9],
  ])('refuses %s bytes than asked for', async (_, length) => {
    const url = await serve((request, response) => {
      const first = request.headers.range === 'bytes=0-0'
      const part = content.subarray(0, first ? 1 : length)
      response.writeHead(206, { 'content-range': 'bytes 0-0/1000' }).end(part)
    })
    const source = await httpSource(url)
    await expect(source.read(0, new Uint8Array(6))).rejects.toMatchObject({ code: 'network' })
  })

  test('reports a connection that breaks off', async () => {
    const url = await serve((request, response) => {
      if (request.headers.range === 'bytes=0-0') {
        response.writeHead(206, { 'content-range': 'bytes 0-0/1000' }).end(content.subarray(0, 1))
        return
      }
      response.writeHead(206, { 'content-range': 'bytes 0-99/1000', 'content-length': '100' })
      response.write(content.subarray(0, 50), () => response.destroy())
    })
    const source = await httpSource(url)
    await expect(source.read(0, new Uint8Array(100))).rejects.toMatchObject({ code: 'network' })
  })
})
