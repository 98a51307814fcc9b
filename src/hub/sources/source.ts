/** What every source adapter is: a URI in, the remote files out. */
import type { EnvironmentVariables } from '../../util/platform-types.ts'
import type { RemoteFile } from '../remote-file.ts'

export interface SourceContext {
  readonly env: EnvironmentVariables
  readonly signal: AbortSignal | undefined
  /** Another source follows this one: do not wait long for it. */
  readonly hurry: boolean
}

/** Resolves a URI to files; each call asks the source anew. */
export type ResolveSource<Uri> = (uri: Uri, context: SourceContext) => Promise<RemoteFile[]>
