/** How a SQLite file is used. A file of its own, so that declarations which name it do not ask for Node's. */

export interface SqliteFileOptions {
  /** How long a write waits for another process that writes, in milliseconds. Default 5,000. */
  readonly busyTimeoutMs?: number | undefined
}
