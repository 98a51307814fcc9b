/** Hugging Face hub, or a mirror of it by HF_ENDPOINT; HF_TOKEN is sent to that host alone. */
import { basename } from 'node:path/posix'
import { shardPaths, type HubUri } from '../uri.ts'
import type { ResolveSource } from './source.ts'
import { describeFile } from './web.ts'

export const resolveHuggingFace: ResolveSource<HubUri> = (uri, context) => {
  const endpoint = (context.env['HF_ENDPOINT'] || 'https://huggingface.co').replace(/\/+$/, '')
  const token = context.env['HF_TOKEN']
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}
  const base = `${endpoint}/${uri.owner}/${uri.repository}/resolve/${encodeURIComponent(uri.revision ?? 'main')}`
  return Promise.all(
    shardPaths(uri.path).map((path) => {
      return describeFile(
        `${base}/${path.split('/').map(encodeURIComponent).join('/')}`,
        basename(path),
        headers,
        context,
        { etagIsHash: true },
      )
    }),
  )
}
