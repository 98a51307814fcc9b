/** A file at an address, and what hubs built on plain addresses share: probe, declared hash, shards. */
import { randomUUID } from 'node:crypto'
import { basename } from 'node:path/posix'
import type { RemoteFile } from '../remote-file.ts'
import { probe, type Probe } from '../request.ts'
import { shardPaths, safePath, type WebUri } from '../uri.ts'
import type { ResolveSource, SourceContext } from './source.ts'

export const resolveWeb: ResolveSource<WebUri> = async (uri, context) => {
  const files: RemoteFile[] = []
  const url = new URL(uri.url)
  for (const path of shardPaths(url.pathname)) {
    const address = Object.assign(new URL(url), { pathname: path }).href
    files.push(await describeFile(address, safePath(basename(decodeURIComponent(path))), {}, context))
  }
  return files
}

/** Probes an address; the hash is the one that is given, or that the hub's headers declare. */
export async function describeFile(
  url: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  context: SourceContext,
  declared: { readonly sha256?: string | undefined; readonly etagIsHash?: boolean } = {},
): Promise<RemoteFile> {
  const found = await probe(url, headers, context.signal)
  const sha256 = declared.sha256 ?? declaredHash(found, declared.etagIsHash === true)
  const identity = sha256 ?? identityOf(found, url)
  return {
    path,
    sizeBytes: found.sizeBytes,
    sha256,
    parts: [
      {
        url,
        headers,
        offsetBytes: 0,
        lengthBytes: found.sizeBytes,
        encoding: 'stored',
        ranges: found.ranges,
        validator: found.validator,
        identity,
      },
    ],
  }
}

/** Without a hash and without a validator nobody can tell whether bytes of two tries belong together: then nothing is resumed. */
export function identityOf(found: Probe, url: string): string {
  return `${url} ${found.validator ?? randomUUID()} ${found.sizeBytes}`
}

/** Hubs put the file's sha256 into the linked ETag of the hop that redirects to the storage, some into the ETag itself. */
function declaredHash(found: Probe, etagIsHash: boolean): string | undefined {
  const tag = found.declared.get('x-linked-etag') ?? (etagIsHash ? found.validator : undefined)
  const hash = tag?.replaceAll('"', '').toLowerCase()
  return hash !== undefined && /^[0-9a-f]{64}$/.test(hash) ? hash : undefined
}
