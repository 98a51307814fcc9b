/** Which explanation a topic names. */
import { OstroError } from '../util/error.ts'
import { explainArchitecture } from './architecture-page.ts'
import type { Approximation } from './attention-weights.ts'
import { explainAttention } from './attention.ts'
import type { Explanation } from './explanation.ts'
import { explainRouter } from './router.ts'
import { explainScan } from './scan.ts'

export interface ExplainOptions {
  /** Default `by-hand`. Architectures have none. */
  readonly approximation?: Approximation | undefined
  /** Numbers of the reader's own, as the topic's function takes them. Architectures have none. */
  readonly input?: unknown
}

/**
 * The explanation of `attention`, `router`, `scan` or an architecture of the registry, by any of its names.
 * @throws OstroError `not-found` for an unknown topic, `invalid-argument` for input that does not fit
 */
export async function explain(topic: string, { approximation, input }: ExplainOptions = {}): Promise<Explanation> {
  switch (topic) {
    case 'attention':
      return explainAttention(approximation, input)
    case 'router':
      return explainRouter(approximation, input)
    case 'scan':
      return explainScan(approximation, input)
    default: {
      if (approximation !== undefined || input !== undefined) {
        throw new OstroError(
          'invalid-argument',
          `explain: an approximation and input are for attention, router and scan, got the topic ${topic}.`,
        )
      }
      return explainArchitecture(topic)
    }
  }
}
