/** One line per kind of source. */
import { OstroError } from '../../util/error.ts'
import type { RemoteFile } from '../remote-file.ts'
import type { ModelUri } from '../uri.ts'
import { resolveHuggingFace } from './hugging-face.ts'
import { resolveModelScope } from './modelscope.ts'
import { resolvePypi } from './pypi.ts'
import type { SourceContext } from './source.ts'
import { resolveWeb } from './web.ts'

/** @throws TransferError or OstroError of the adapter */
export function resolveUri(uri: ModelUri, context: SourceContext): Promise<RemoteFile[]> {
  switch (uri.scheme) {
    case 'hf':
      return resolveHuggingFace({ ...uri, scheme: 'hf' }, context)
    case 'ms':
      return resolveModelScope({ ...uri, scheme: 'ms' }, context)
    case 'https':
      return resolveWeb(uri, context)
    case 'pypi':
      return resolvePypi(uri, context)
    case 'local':
      throw new OstroError('invalid-argument', `pull: ${uri.path} is a local path, there is nothing to download.`, {
        path: uri.path,
      })
    default:
      return uri satisfies never
  }
}
