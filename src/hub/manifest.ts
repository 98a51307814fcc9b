/** manifest.json of a model folder: what it is, where it came from, and the hash of every file. */
import { OstroError } from '../util/error.ts'
import type { ModelKind } from './catalogue.ts'
import { safePath } from './uri.ts'

export interface ManifestFile {
  readonly path: string
  readonly sizeBytes: number
  readonly sha256: string
}

export interface Manifest {
  readonly version: 1
  /** Catalogue name or URI. */
  readonly name: string
  readonly kind: ModelKind | undefined
  readonly licence: string | undefined
  /** URI that the bytes came from. */
  readonly source: string
  /** ISO 8601. */
  readonly pulledAt: string
  /** The file (or first shard) to load. */
  readonly main: string
  readonly files: readonly ManifestFile[]
}

/** @throws OstroError `invalid-file` naming the field */
export function parseManifest(text: string, where: string): Manifest {
  let data: Partial<Manifest>
  try {
    data = JSON.parse(text)
  } catch (error) {
    throw new OstroError(
      'invalid-file',
      `${where}: expected JSON. Remove the model and pull it again.`,
      { where },
      { cause: error },
    )
  }
  const fail = (field: string): never => {
    throw new OstroError(
      'invalid-file',
      `${where}: the field "${field}" is missing or wrong. Remove the model and pull it again.`,
      { where, field },
    )
  }
  if (data.version !== 1) fail('version')
  if (typeof data.name !== 'string') fail('name')
  if (!Array.isArray(data.files) || data.files.length === 0) fail('files')
  for (const file of data.files ?? []) {
    if (typeof file?.path !== 'string' || !Number.isSafeInteger(file.sizeBytes)) fail('files')
    if (!/^[0-9a-f]{64}$/.test(file.sha256)) fail('files.sha256')
    safePath(file.path)
  }
  if (!data.files?.some((file) => file.path === data.main)) fail('main')
  return data as Manifest
}
