/** ModelScope (MODELSCOPE_DOMAIN for another host): plain addresses, hashes from the list of files. */
import { basename, dirname } from 'node:path/posix'
import { get, readSmall } from '../request.ts'
import { shardPaths, type HubUri } from '../uri.ts'
import type { ResolveSource, SourceContext } from './source.ts'
import { describeFile } from './web.ts'

export const resolveModelScope: ResolveSource<HubUri> = async (uri, context) => {
  const domain = context.env['MODELSCOPE_DOMAIN'] || 'www.modelscope.cn'
  const endpoint = /^https?:\/\//.test(domain) ? domain.replace(/\/+$/, '') : `https://${domain}`
  const revision = encodeURIComponent(uri.revision ?? 'master')
  const hashes = await declaredHashes(endpoint, uri, revision, context)
  const base = `${endpoint}/models/${uri.owner}/${uri.repository}/resolve/${revision}`
  return Promise.all(
    shardPaths(uri.path).map((path) => {
      const url = `${base}/${path.split('/').map(encodeURIComponent).join('/')}`
      return describeFile(url, basename(path), {}, context, { sha256: hashes.get(path) })
    }),
  )
}

/** Path to sha256; empty where the host has no list (the hash is then pinned after the first pull). */
async function declaredHashes(endpoint: string, uri: HubUri, revision: string, context: SourceContext) {
  const folder = dirname(uri.path) === '.' ? '' : dirname(uri.path)
  const query = `Revision=${revision}&Root=${encodeURIComponent(folder)}`
  const url = `${endpoint}/api/v1/models/${uri.owner}/${uri.repository}/repo/files?${query}`
  const hashes = new Map<string, string>()
  const answer = await get(url, { signal: context.signal })
  if (answer.status !== 200) {
    answer.cancel()
    return hashes
  }
  const text = (await readSmall(answer, 16 << 20)).toString('utf8')
  if (!text.startsWith('{')) return hashes
  const list = JSON.parse(text) as { Data?: { Files?: { Path?: string; Sha256?: string }[] } }
  for (const file of list.Data?.Files ?? []) {
    if (file.Path && file.Sha256 && /^[0-9a-f]{64}$/i.test(file.Sha256))
      hashes.set(file.Path, file.Sha256.toLowerCase())
  }
  return hashes
}
