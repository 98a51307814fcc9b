/** What the server counts, in Prometheus' text format. Names carry our prefix and the base units of that format. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { ChatEvent } from '../tools/chat-model.ts'
import type { Admission } from './admission.ts'
import type { Endpoint } from './endpoint.ts'

export interface Metrics {
  readonly requestEnded: (endpoint: Endpoint, status: number, milliseconds: number) => void
  readonly refused: (status: number) => void
  /** Counts the tokens and times of an answer as it passes. */
  readonly watch: (model: string, events: AsyncIterable<ChatEvent>) => AsyncIterable<ChatEvent>
  /** Counts tokens that were read to tell their probabilities. */
  readonly scored: (model: string, tokens: number) => void
  /** Counts a run of a task or an agent by what ended it. */
  readonly runEnded: (run: string, reason: string) => void
  readonly text: () => Promise<string>
  readonly contentType: string
}

const secondsBuckets = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

export function createMetrics(admission: Admission): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const requests = new Counter({
    name: 'ostro_requests_total',
    help: 'Requests answered, by path and status.',
    labelNames: ['path', 'status'],
    registers,
  })
  const duration = new Histogram({
    name: 'ostro_request_duration_seconds',
    help: 'From the arrival of a request to the last byte of its answer.',
    labelNames: ['path'],
    buckets: secondsBuckets,
    registers,
  })
  const refusals = new Counter({
    name: 'ostro_refused_total',
    help: 'Requests refused before any endpoint was reached, by status.',
    labelNames: ['status'],
    registers,
  })
  const tokens = new Counter({
    name: 'ostro_tokens_total',
    help: 'Tokens by model and kind: prompt (read or held), cached (held from before), generated.',
    labelNames: ['model', 'kind'],
    registers,
  })
  const firstToken = new Histogram({
    name: 'ostro_time_to_first_token_seconds',
    help: 'From the start of an answer to its first piece.',
    labelNames: ['model'],
    buckets: secondsBuckets,
    registers,
  })
  const perToken = new Histogram({
    name: 'ostro_time_per_output_token_seconds',
    help: 'Mean time between the tokens of an answer.',
    labelNames: ['model'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1],
    registers,
  })
  const runs = new Counter({
    name: 'ostro_runs_total',
    help: 'Runs of tasks and agents, by name and by what ended them.',
    labelNames: ['run', 'reason'],
    registers,
  })
  const stateGauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  }
  stateGauge('ostro_requests_processing', 'Requests that compute now.', () => admission.state().active)
  stateGauge('ostro_requests_waiting', 'Requests that wait for a place.', () => admission.state().waiting)

  return {
    requestEnded: ({ path }, status, milliseconds) => {
      requests.inc({ path, status })
      duration.observe({ path }, milliseconds / 1000)
    },
    refused: (status) => refusals.inc({ status }),
    watch: async function* (model, events) {
      const started = performance.now()
      let begun = false
      for await (const event of events) {
        if (!begun && event.type !== 'prefill-progress') {
          begun = true
          firstToken.observe({ model }, (performance.now() - started) / 1000)
        }
        if (event.type === 'end') {
          const { promptTokens, cachedTokens, generatedTokens } = event.usage
          tokens.inc({ model, kind: 'prompt' }, promptTokens)
          tokens.inc({ model, kind: 'cached' }, cachedTokens)
          tokens.inc({ model, kind: 'generated' }, generatedTokens)
          if (generatedTokens > 1) perToken.observe({ model }, event.timings.decodeMs / (generatedTokens - 1) / 1000)
        }
        yield event
      }
    },
    scored: (model, count) => tokens.inc({ model, kind: 'prompt' }, count),
    runEnded: (run, reason) => runs.inc({ run, reason }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}
