/** The directory of a zip archive, read from its end by byte ranges; members are then fetched by range, the archive never is as a whole. */
import { OstroError } from '../util/error.ts'

/** Reads `length` bytes at `offset` of the archive. */
export type ReadAt = (offset: number, length: number) => Promise<Buffer>

export interface ZipMember {
  readonly path: string
  readonly encoding: 'stored' | 'deflate'
  /** Length of the encoded data. */
  readonly encodedBytes: number
  readonly sizeBytes: number
  readonly headerOffset: number
}

const endSignature = 0x06054b50
const end64LocatorSignature = 0x07064b50
const end64Signature = 0x06064b50
const directorySignature = 0x02014b50
const localSignature = 0x04034b50
const sentinel32 = 0xffffffff

/** A directory larger than this is not a wheel's. */
const directoryLimitBytes = 64 << 20

/**
 * The members of an archive; folders are left out.
 * @throws OstroError `invalid-file` naming what is wrong, `unsupported` for a compression other than stored and deflate
 */
export async function readZipDirectory(readAt: ReadAt, archiveBytes: number, name: string): Promise<ZipMember[]> {
  const tailLength = Math.min(archiveBytes, 65_536 + 22 + 20)
  const tailStart = archiveBytes - tailLength
  const tail = await readAt(tailStart, tailLength)
  const { offset, length, count } = await locateDirectory(tail, tailStart, readAt, name)
  if (length > directoryLimitBytes || offset + length > archiveBytes) {
    throw corrupt(name, `a directory inside the ${archiveBytes} bytes of the archive, got ${length} bytes at ${offset}`)
  }
  const directory =
    offset >= tailStart ? tail.subarray(offset - tailStart, offset - tailStart + length) : await readAt(offset, length)
  return parseDirectory(directory, count, archiveBytes, name)
}

/** Where the member's data starts: after its local header, whose own lengths count. */
export async function dataOffset(readAt: ReadAt, member: ZipMember, name: string): Promise<number> {
  const header = await readAt(member.headerOffset, 30)
  if (header.length < 30 || header.readUInt32LE(0) !== localSignature)
    throw corrupt(name, `a local header for ${member.path}`)
  return member.headerOffset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28)
}

async function locateDirectory(tail: Buffer, tailStart: number, readAt: ReadAt, name: string) {
  for (let at = tail.length - 22; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== endSignature || at + 22 + tail.readUInt16LE(at + 20) > tail.length) continue
    const count = tail.readUInt16LE(at + 10)
    const length = tail.readUInt32LE(at + 12)
    const offset = tail.readUInt32LE(at + 16)
    if (offset !== sentinel32 && length !== sentinel32 && count !== 0xffff) return { offset, length, count }
    if (at < 20 || tail.readUInt32LE(at - 20) !== end64LocatorSignature) return { offset, length, count }
    const end64At = Number(tail.readBigUInt64LE(at - 20 + 8))
    const end64 = end64At >= tailStart ? tail.subarray(end64At - tailStart) : await readAt(end64At, 56)
    if (end64.length < 56 || end64.readUInt32LE(0) !== end64Signature) throw corrupt(name, 'a zip64 end record')
    return {
      count: Number(end64.readBigUInt64LE(32)),
      length: Number(end64.readBigUInt64LE(40)),
      offset: Number(end64.readBigUInt64LE(48)),
    }
  }
  throw corrupt(name, 'the end record of a zip archive')
}

function parseDirectory(directory: Buffer, count: number, archiveBytes: number, name: string): ZipMember[] {
  const members: ZipMember[] = []
  let at = 0
  for (let index = 0; index < count; index++) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== directorySignature) {
      throw corrupt(name, `${count} directory entries, got ${index}`)
    }
    const nameLength = directory.readUInt16LE(at + 28)
    const extraLength = directory.readUInt16LE(at + 30)
    const next = at + 46 + nameLength + extraLength + directory.readUInt16LE(at + 32)
    if (next > directory.length) throw corrupt(name, 'directory entries inside the directory')
    const path = directory.toString('utf8', at + 46, at + 46 + nameLength)
    const extra = directory.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength)
    const [sizeBytes, encodedBytes, headerOffset] = wideFields(extra, [
      directory.readUInt32LE(at + 24),
      directory.readUInt32LE(at + 20),
      directory.readUInt32LE(at + 42),
    ])
    const method = directory.readUInt16LE(at + 10)
    if (headerOffset + encodedBytes > archiveBytes) throw corrupt(name, `${path} inside the archive`)
    if (!path.endsWith('/')) {
      members.push({ path, encoding: encodingOf(method, path, name), encodedBytes, sizeBytes, headerOffset })
    }
    at = next
  }
  return members
}

/** Zip64: fields of 0xffffffff stand in the extra block 1 as 64 bits, in this order, only those that overflow. */
function wideFields(extra: Buffer, fields: [number, number, number]): [number, number, number] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue
    let wide = at + 4
    return fields.map((field) => {
      if (field !== sentinel32 || wide + 8 > extra.length) return field
      wide += 8
      return Number(extra.readBigUInt64LE(wide - 8))
    }) as [number, number, number]
  }
  return fields
}

function encodingOf(method: number, path: string, name: string): 'stored' | 'deflate' {
  if (method === 0) return 'stored'
  if (method === 8) return 'deflate'
  throw new OstroError(
    'unsupported',
    `zip ${name}: expected ${path} stored or deflated, got compression method ${method}.`,
    { method },
  )
}

function corrupt(name: string, expected: string): OstroError {
  return new OstroError(
    'invalid-file',
    `zip ${name}: expected ${expected}. The archive is damaged or is not a zip file.`,
    { name },
  )
}
