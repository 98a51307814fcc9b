/** OSTRO_MIRROR: a web server that serves another Ostro's `models` folder; its manifests say which files and which hashes. */
import type { EnvironmentVariables } from '../../util/platform-types.ts'
import type { RemoteFile } from '../remote-file.ts'
import { get, readSmall, statusError } from '../request.ts'
import { parseManifest } from '../manifest.ts'
import { describeFile } from './web.ts'
import type { SourceContext } from './source.ts'

/** The files of a model folder at a mirror. */
export async function resolveMirror(mirror: string, folder: string, context: SourceContext): Promise<RemoteFile[]> {
  const base = `${mirror.replace(/\/+$/, '')}/${folder}`
  const answer = await get(`${base}/manifest.json`, { signal: context.signal })
  if (answer.status !== 200) {
    answer.cancel()
    throw statusError(base, answer)
  }
  const manifest = parseManifest((await readSmall(answer, 4 << 20)).toString('utf8'), `${base}/manifest.json`)
  return Promise.all(
    manifest.files.map((file) => {
      const url = `${base}/${file.path.split('/').map(encodeURIComponent).join('/')}`
      return describeFile(url, file.path, {}, context, { sha256: file.sha256 })
    }),
  )
}

/** Mirrors in the order of the environment variable, separated by spaces or commas. */
export function mirrorsOf(env: EnvironmentVariables): string[] {
  return (env['OSTRO_MIRROR'] ?? '').split(/[\s,]+/).filter((mirror) => mirror !== '')
}
