/** One engine under measurement. It runs in a process of its own (see `peer-process.ts`), so that neither disturbs the other. */

export type PeerName = 'ostro' | 'node-llama-cpp'

export interface LoadRequest {
  readonly modelPath: string
  readonly threads: number
  readonly contextTokens: number
}

export interface Peer {
  readonly name: PeerName
  load(request: LoadRequest): Promise<void>
  /** Reads the tokens into an empty sequence and chooses the next one; answers the milliseconds. */
  prefill(tokens: readonly number[]): Promise<number>
  /** Reads the prompt into an empty sequence, then chooses `count` more tokens greedily one by one; answers the milliseconds of those. */
  decode(prompt: readonly number[], count: number): Promise<number>
  dispose(): Promise<void>
}
