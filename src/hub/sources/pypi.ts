/** Members of wheels: pip says where the wheel is, its directory is read by ranges, only the member's bytes are fetched. */
import { basename } from 'node:path/posix'
import { OstroError } from '../../util/error.ts'
import { findWheels, type Wheel } from '../pip.ts'
import { type RemoteFile, type RemotePart, TransferError } from '../remote-file.ts'
import { get, hostOf, probe, readSmall, statusError } from '../request.ts'
import { fileNameOf, safePath, type PypiUri, type WheelMember } from '../uri.ts'
import { dataOffset, readZipDirectory, type ReadAt, type ZipMember } from '../zip.ts'
import type { ResolveSource, SourceContext } from './source.ts'
import { identityOf } from './web.ts'

export const resolvePypi: ResolveSource<PypiUri> = async (uri, context) => {
  const wheels = await findWheels(uri.members, { signal: context.signal, hurry: context.hurry, env: context.env })
  const archives = await Promise.all(wheels.map((wheel) => openWheel(wheel, context)))
  const first = uri.members[0]
  if (uri.members.length === 1 && first?.path.endsWith('/')) return folderOf(archives[0], first)
  const pieces = await Promise.all(uri.members.map((member, index) => memberOf(archives[index], member)))
  const single = pieces.length === 1 ? pieces[0] : undefined
  return [
    {
      path: fileNameOf(uri),
      parts: pieces.map((piece) => piece.part),
      sizeBytes: pieces.reduce((total, piece) => total + piece.sizeBytes, 0),
      sha256: single?.sha256,
    },
  ]
}

interface Archive {
  readonly wheel: Wheel
  readonly name: string
  readonly readAt: ReadAt
  readonly validator: string | undefined
  readonly identity: string
  readonly members: readonly ZipMember[]
  /** Path to sha256, from the wheel's RECORD. */
  readonly hashes: ReadonlyMap<string, string>
}

async function openWheel(wheel: Wheel, context: SourceContext): Promise<Archive> {
  const { signal } = context
  const found = await probe(wheel.url, {}, signal)
  if (found.sizeBytes === undefined || !found.ranges) {
    throw new TransferError(
      'status',
      `${hostOf(wheel.url)}: serves no byte ranges, which reading one member of a wheel needs`,
    )
  }
  const archiveBytes = found.sizeBytes
  const readAt: ReadAt = async (offset, length) => {
    const last = Math.min(offset + length, archiveBytes) - 1
    if (last < offset) return Buffer.alloc(0)
    const answer = await get(wheel.url, { headers: { range: `bytes=${offset}-${last}` }, signal })
    if (answer.status !== 206) {
      answer.cancel()
      throw statusError(wheel.url, answer)
    }
    return readSmall(answer, length)
  }
  const name = basename(new URL(wheel.url).pathname)
  const members = await readZipDirectory(readAt, archiveBytes, name)
  const identity = wheel.sha256 ?? identityOf(found, wheel.url)
  const hashes = await recordedHashes(readAt, members, name)
  return { wheel, name, readAt, validator: found.validator, identity, members, hashes }
}

async function memberOf(archive: Archive, wanted: WheelMember) {
  const member = archive.members.find((candidate) => candidate.path === wanted.path)
  if (!member) {
    const largest = archive.members.toSorted((a, b) => b.sizeBytes - a.sizeBytes)[0]
    throw new OstroError(
      'not-found',
      `pull: expected ${wanted.path} in ${archive.name}, which has no such member. Its largest is ${largest?.path}.`,
      { wheel: archive.name, path: wanted.path },
    )
  }
  return { part: await partOf(archive, member), sizeBytes: member.sizeBytes, sha256: archive.hashes.get(member.path) }
}

async function folderOf(archive: Archive | undefined, wanted: WheelMember): Promise<RemoteFile[]> {
  const inside = (archive?.members ?? []).filter(
    ({ path }) => path.startsWith(wanted.path) && !basename(path).startsWith('.'),
  )
  if (!archive || inside.length === 0) {
    throw new OstroError('not-found', `pull: expected a folder ${wanted.path} in ${archive?.name}, which has none.`, {
      path: wanted.path,
    })
  }
  return Promise.all(
    inside.map(async (member): Promise<RemoteFile> => {
      return {
        path: safePath(member.path.slice(wanted.path.length)),
        parts: [await partOf(archive, member)],
        sizeBytes: member.sizeBytes,
        sha256: archive.hashes.get(member.path),
      }
    }),
  )
}

async function partOf(archive: Archive, member: ZipMember): Promise<RemotePart> {
  return {
    url: archive.wheel.url,
    headers: {},
    offsetBytes: await dataOffset(archive.readAt, member, archive.name),
    lengthBytes: member.encodedBytes,
    encoding: member.encoding,
    ranges: true,
    validator: archive.validator,
    identity: archive.identity,
  }
}

/** RECORD lines are `path,sha256=base64url,size`; a path with a comma is quoted, which models do not have. */
async function recordedHashes(
  readAt: ReadAt,
  members: readonly ZipMember[],
  name: string,
): Promise<Map<string, string>> {
  const hashes = new Map<string, string>()
  const record = members.find((member) => /^[^/]+\.dist-info\/RECORD$/.test(member.path))
  if (!record || record.encodedBytes > 8 << 20) return hashes
  const data = await readAt(await dataOffset(readAt, record, name), record.encodedBytes)
  const { inflateRawSync } = await import('node:zlib')
  const text = record.encoding === 'stored' ? data : inflateRawSync(data, { maxOutputLength: 64 << 20 })
  for (const line of text.toString('utf8').split(/\r?\n/)) {
    const match = /^([^",]+),sha256=([A-Za-z0-9_-]+),\d*$/.exec(line)
    if (match?.[1] && match[2]) hashes.set(match[1], Buffer.from(match[2], 'base64url').toString('hex'))
  }
  return hashes
}
