/** Filters of the candidate set (top-k is how the set is filled), as closures: top-p, min-p, typical, epsilon, eta. Each keeps at least one token. */
import {
  type Candidates,
  greatestLogit,
  greatestPlaces,
  keepPlaces,
  retainCandidates,
  totalMass,
} from './candidates.ts'
import { greatestIndices } from './select.ts'

export type Filter = (candidates: Candidates) => void

/** Keeps the smallest set of most probable tokens whose probabilities reach `mass` (Holtzman et al. 2020, nucleus sampling). */
export function topP(mass: number): Filter {
  return (candidates) => {
    const greatest = greatestLogit(candidates)
    const wanted = mass * totalMass(candidates, greatest)
    let places = new Int32Array(0)
    let sum = 0
    let kept = 0
    // Mostly a few tokens are enough; only a flat distribution needs more of them in order.
    for (let window = 64; ; window *= 8) {
      places = greatestPlaces(candidates, window) as Int32Array<ArrayBuffer>
      while (kept < places.length && (kept === 0 || sum < wanted)) {
        sum += Math.exp(candidates.logits[places[kept]] - greatest)
        kept++
      }
      if (sum >= wanted || kept === candidates.count) break
    }
    keepPlaces(candidates, places.subarray(0, kept), true)
  }
}

/** Keeps tokens whose probability is at least `share` of the greatest one. */
export function minP(share: number): Filter {
  return (candidates) => {
    const limit = greatestLogit(candidates) + Math.log(share)
    retainCandidates(candidates, (logit) => logit >= limit)
  }
}

/** Keeps the tokens whose surprise is nearest to the entropy until their probabilities reach `mass` (Meister et al. 2023). */
export function typical(mass: number): Filter {
  return (candidates) => {
    const { logNormaliser, entropy } = measure(candidates)
    const nearness = new Float64Array(candidates.count)
    for (let index = 0; index < candidates.count; index++) {
      nearness[index] = -Math.abs(logNormaliser - candidates.logits[index] - entropy)
    }
    let order = new Int32Array(0)
    let sum = 0
    let kept = 0
    for (let window = 64; ; window *= 8) {
      order = greatestIndices(nearness, window) as Int32Array<ArrayBuffer>
      while (kept < order.length && (kept === 0 || sum < mass)) {
        sum += Math.exp(candidates.logits[order[kept]] - logNormaliser)
        kept++
      }
      if (sum >= mass || kept === candidates.count) break
    }
    keepPlaces(candidates, order.subarray(0, kept), false)
  }
}

/** Keeps tokens of at least this probability (Hewitt et al. 2022). */
export function epsilonCutoff(probability: number): Filter {
  return (candidates) => keepProbable(candidates, Math.log(probability))
}

/** As epsilon, with a limit that falls with the entropy: min(epsilon, sqrt(epsilon) * exp(-entropy)) (Hewitt et al. 2022). */
export function etaCutoff(epsilon: number): Filter {
  return (candidates) => {
    const { entropy } = measure(candidates)
    keepProbable(candidates, Math.min(Math.log(epsilon), Math.log(epsilon) / 2 - entropy))
  }
}

function keepProbable(candidates: Candidates, logProbability: number): void {
  const greatest = greatestLogit(candidates)
  const limit = greatest + Math.log(totalMass(candidates, greatest)) + logProbability
  retainCandidates(candidates, (logit) => logit >= limit || logit === greatest)
}

function measure(candidates: Candidates): { logNormaliser: number; entropy: number } {
  const greatest = greatestLogit(candidates)
  const logNormaliser = greatest + Math.log(totalMass(candidates, greatest))
  let entropy = 0
  for (let index = 0; index < candidates.count; index++) {
    const logProbability = candidates.logits[index] - logNormaliser
    entropy -= Math.exp(logProbability) * logProbability
  }
  return { logNormaliser, entropy }
}
