/** The benchmarks of agents, by name. */
import type { Benchmark } from './benchmark.ts'
import { essaysBenchmark } from './essays.ts'
import { countdownBenchmark, gameOf24Benchmark, keyDoorBenchmark } from './games.ts'
import { javascriptBenchmark } from './javascript.ts'

export const benchmarks: readonly Benchmark[] = [
  gameOf24Benchmark,
  countdownBenchmark,
  keyDoorBenchmark,
  essaysBenchmark,
  javascriptBenchmark('development'),
  javascriptBenchmark('held-back'),
]
