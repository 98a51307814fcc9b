/** What a source answers: files made of parts, each a byte range of some address. */

export interface RemotePart {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** First byte of the part at the address (a wheel's member does not start at 0). */
  readonly offsetBytes: number
  /** Length as transferred; undefined where the server does not say. */
  readonly lengthBytes: number | undefined
  readonly encoding: 'stored' | 'deflate'
  /** Whether the server answers byte ranges. */
  readonly ranges: boolean
  /** Strong ETag or Last-Modified, sent as If-Range so that a changed file is noticed. */
  readonly validator: string | undefined
  /** Equal identities mean equal bytes: what a resumed download is checked against. */
  readonly identity: string
}

export interface RemoteFile {
  /** Path in the model's folder, `/` between elements. */
  readonly path: string
  readonly parts: readonly RemotePart[]
  /** Size after decoding. */
  readonly sizeBytes: number | undefined
  /** Hash that the source declares, lower-case hex. */
  readonly sha256: string | undefined
}

/** A transfer that failed in a way the downloader reacts to. */
export type TransferFault = 'unreachable' | 'cut' | 'status' | 'changed'

export class TransferError extends Error {
  override readonly name = 'TransferError'
  readonly fault: TransferFault
  readonly status: number | undefined
  /** What the server asked for with Retry-After. */
  readonly retryAfterMs: number | undefined

  constructor(
    fault: TransferFault,
    message: string,
    details: { status?: number; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause })
    this.fault = fault
    this.status = details.status
    this.retryAfterMs = details.retryAfterMs
  }
}
