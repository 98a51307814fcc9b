/** Time per op of a program that can measure its steps. */
import type { StepTime } from '../devices/wasm/index.ts'
import type { Batch, Program } from '../tensor/device.ts'
import { OstroError } from '../util/error.ts'
import type { StepProfile } from './model-info.ts'
import type { Sequences } from './sequences.ts'

export interface ProfileRequest {
  /** Tokens in one run: 1 is decoding, more is prefill. */
  readonly tokens: number
  readonly runs: number
}

export interface ProfiledDevice {
  readonly name: string
  readonly program: Program
  readonly chunkTokens: number
  readonly sequences: Sequences
}

/** @throws OstroError `unsupported` where the device can't tell, `invalid-argument`, `aborted` */
export async function profileDevice(
  { name, program, chunkTokens, sequences }: ProfiledDevice,
  { tokens, runs }: ProfileRequest,
  signal: AbortSignal,
): Promise<StepProfile[]> {
  checkCounts(tokens, runs, chunkTokens)
  const sequence = await sequences.acquire({ lengthTokens: tokens }, signal)
  try {
    sequence.reserve(tokens)
    const batch: Batch = {
      tokens: Int32Array.from({ length: tokens }, (_, index) => index % 3),
      positions: Int32Array.from({ length: tokens }, (_, index) => index),
      sequences: new Int32Array(tokens).fill(sequence.slot),
      rows: Int32Array.of(tokens - 1),
    }
    return profileProgram({ name, program, chunkTokens }, batch, runs)
  } finally {
    sequence.release()
  }
}

/** As `profileDevice`, for one batch as it stands. @throws OstroError `unsupported`, `invalid-argument` */
export function profileProgram(
  { name, program, chunkTokens }: Omit<ProfiledDevice, 'sequences'>,
  batch: Batch,
  runs: number,
): StepProfile[] {
  if (!canProfile(program)) {
    throw new OstroError('unsupported', `profile: the device ${name} does not measure its steps. Use wasm.`)
  }
  checkCounts(batch.tokens.length, runs, chunkTokens)
  program.run(batch)
  return sumByKernel(Array.from({ length: runs }, () => program.profile(batch, () => performance.now())).flat())
}

/** @throws OstroError `invalid-argument` */
export function checkCounts(tokens: number, runs: number, chunkTokens: number): void {
  if (Number.isInteger(tokens) && tokens >= 1 && tokens <= chunkTokens && Number.isInteger(runs) && runs >= 1) return
  throw new OstroError('invalid-argument', `profile: 1 to ${chunkTokens} tokens and at least 1 run expected.`)
}

interface ProfilingProgram extends Program {
  profile(batch: Batch, now: () => number): readonly StepTime[]
}

function canProfile(program: Program): program is ProfilingProgram {
  return 'profile' in program && typeof program.profile === 'function'
}

function sumByKernel(steps: readonly StepTime[]): StepProfile[] {
  const sums = new Map<string, { calls: number; timeMs: number; weightBytes: number; multiplyAdds: number }>()
  for (const { kernel, timeMs, weightBytes, multiplyAdds } of steps) {
    const sum = sums.get(kernel) ?? { calls: 0, timeMs: 0, weightBytes: 0, multiplyAdds: 0 }
    sum.calls++
    sum.timeMs += timeMs
    sum.weightBytes += weightBytes
    sum.multiplyAdds += multiplyAdds
    sums.set(kernel, sum)
  }
  return [...sums]
    .map(([op, { calls, timeMs, weightBytes, multiplyAdds }]) => ({
      op,
      calls,
      milliseconds: timeMs,
      gigabytesPerSecond: weightBytes === 0 ? undefined : weightBytes / timeMs / 1e6,
      gigaOperationsPerSecond: multiplyAdds === 0 ? undefined : (2 * multiplyAdds) / timeMs / 1e6,
    }))
    .toSorted((a, b) => b.milliseconds - a.milliseconds)
}
