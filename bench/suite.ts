/** What a bench program is given and what it yields. */
import type { Figure } from './figure.ts'
import type { PeerName } from './peers/peer.ts'

export interface BenchOptions {
  /** Measured runs of each engine, 5 or more; `--quick` takes 2. */
  readonly runs: number
  readonly threads: readonly number[]
  readonly peers: readonly PeerName[]
  /** Only models whose name contains this. */
  readonly modelFilter: string
  /** File of the programs that read test data; undefined for the shared one. */
  readonly data: string | undefined
  /** Of all cores, in GB/s. */
  readonly readBandwidth: () => Promise<number>
}

export type BenchProgram = (options: BenchOptions) => AsyncIterable<Figure>
