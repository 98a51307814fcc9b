import { readFile } from 'node:fs/promises'
import { inflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { writeZip } from '../../test/support/zip-writer.ts'
import { OstroError } from '../util/error.ts'
import { dataOffset, type ReadAt, readZipDirectory } from './zip.ts'

const reader =
  (archive: Uint8Array): ReadAt =>
  async (offset, length) =>
    Buffer.from(archive.subarray(offset, offset + length))

test('reads archives of any members, stored and deflated, with a comment', async () => {
  const input = fc.record({
    path: fc.stringMatching(/^[a-z]{1,8}$/),
    bytes: fc.uint8Array({ maxLength: 300 }),
    stored: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(input, { maxLength: 8 }), fc.stringMatching(/^[a-z]{0,40}$/), async (inputs, comment) => {
      const archive = writeZip(inputs, comment)
      const members = await readZipDirectory(reader(archive), archive.length, 'test')
      expect(members.map((member) => member.path)).toEqual(inputs.map(({ path }) => path))
      for (const [index, member] of members.entries()) {
        const start = await dataOffset(reader(archive), member, 'test')
        const data = archive.subarray(start, start + member.encodedBytes)
        const bytes = member.encoding === 'stored' ? data : inflateRawSync(data)
        expect(new Uint8Array(bytes)).toEqual(inputs[index].bytes)
      }
    }),
    { numRuns: 50 },
  )
})

test('reads a zip64 archive that Python wrote', async () => {
  const archive = await readFile(new URL('../../test/support/wheels/python-zip64.zip', import.meta.url))
  const members = await readZipDirectory(reader(archive), archive.length, 'python')
  expect(members.map(({ path, sizeBytes, encoding }) => [path, sizeBytes, encoding])).toEqual([
    ['a/stored.txt', 11, 'stored'],
    ['a/deflated.txt', 5000, 'deflate'],
  ])
  const start = await dataOffset(reader(archive), members[1], 'python')
  expect(inflateRawSync(archive.subarray(start, start + members[1].encodedBytes)).toString()).toBe('ostro'.repeat(1000))
})

test('damage is a typed error, never a hang or a RangeError', async () => {
  const archive = writeZip([
    { path: 'a', bytes: new Uint8Array(50) },
    { path: 'b', bytes: new Uint8Array(9), stored: true },
  ])
  await fc.assert(
    fc.asyncProperty(
      fc.nat(archive.length - 1),
      fc.integer({ min: 0, max: 255 }),
      fc.nat(archive.length),
      async (at, value, length) => {
        const damaged = Uint8Array.from(archive)
        damaged[at] = value
        const cut = damaged.subarray(0, length)
        try {
          await readZipDirectory(reader(cut), cut.length, 'test')
        } catch (error) {
          expect(error).toBeInstanceOf(OstroError)
        }
      },
    ),
    { numRuns: 2000 },
  )
})

test('names a compression that it does not know', async () => {
  const archive = writeZip([{ path: 'a', bytes: new Uint8Array(5), method: 14 }])
  await expect(readZipDirectory(reader(archive), archive.length, 'test')).rejects.toMatchObject({ code: 'unsupported' })
})
