/** The types that the steps of a pull share: what happens as events, what was asked for, where it may come from. */
import type { EnvironmentVariables } from '../util/platform-types.ts'
import type { CatalogueEntry } from './catalogue.ts'
import type { LicenceAnswer } from './licence.ts'
import type { RemoteFile } from './remote-file.ts'
import type { SourceContext } from './sources/source.ts'
import type { StoreOptions } from './store.ts'

export type PullEvent =
  | { readonly type: 'lock-wait'; readonly pid: number | undefined }
  | { readonly type: 'source-try'; readonly source: string }
  | { readonly type: 'source-fail'; readonly source: string; readonly reason: string }
  /** The file changed, or its hash was wrong after a resumed download: it starts over. */
  | { readonly type: 'download-restart'; readonly source: string; readonly reason: string }
  /** Once per source; `resumedBytes` were there from an earlier try. */
  | {
      readonly type: 'download-start'
      readonly name: string
      readonly totalBytes: number | undefined
      readonly resumedBytes: number
    }
  | { readonly type: 'download-progress'; readonly receivedBytes: number; readonly totalBytes: number | undefined }
  | {
      readonly type: 'verify-progress'
      readonly file: string
      readonly checkedBytes: number
      readonly sizeBytes: number | undefined
    }
  | { readonly type: 'pull-end'; readonly name: string; readonly path: string; readonly cached: boolean }

export interface PullOptions extends StoreOptions {
  readonly onProgress?: ((event: PullEvent) => void) | undefined
  readonly signal?: AbortSignal | undefined
  /** Needed once for models whose licence asks for it. */
  readonly acceptLicence?: LicenceAnswer | undefined
  /** Ranges open at once, 1 to 8. Default 4. */
  readonly connections?: number | undefined
  /** Take the file even if its hash differs from the one of the first pull. Default false. */
  readonly acceptChange?: boolean | undefined
}

/** What is wanted, however it was named. */
export interface Wanted {
  readonly name: string
  readonly folder: string
  readonly entry: CatalogueEntry | undefined
  readonly sources: readonly string[]
}

export interface PullContext extends PullOptions {
  readonly home: string
  readonly env: EnvironmentVariables
  readonly emit: (event: PullEvent) => void
}

export interface Source {
  readonly name: string
  readonly resolve: (context: SourceContext) => Promise<RemoteFile[]>
}
