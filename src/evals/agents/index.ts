/** The benchmarks of agents, by name. */
import type { Benchmark } from './benchmark.ts'
import { essaysBenchmark } from './essays.ts'
import { countdownBenchmark, gameOf24Benchmark, keyDoorBenchmark } from './games.ts'

export const benchmarks: readonly Benchmark[] = [
  gameOf24Benchmark,
  countdownBenchmark,
  keyDoorBenchmark,
  essaysBenchmark,
]
