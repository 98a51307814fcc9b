/**
 * The weights of the call decision, fitted anew: the evidence of each hand-written request (first token, relevance) on both small
 * models, and a logistic regression over them. Fails where the weights in the code are right for fewer requests than the fitted ones
 * by more than two in a hundred.
 */
import { callCalibration, calibratedProbability, type CallCalibration } from '../../src/engine/call-decision.ts'
import { load, type Model } from '../../src/index.ts'
import { describeTools } from '../../src/tools/index.ts'
import { realModelPath } from '../support/models.ts'
import { type RelevanceItem, relevanceItems } from '../support/relevance-items.ts'

interface Evidence {
  readonly firstToken: number
  readonly relevance: number
  readonly relevant: boolean
}

export async function callDecision(): Promise<boolean> {
  const evidence: Evidence[] = []
  for (const name of ['smollm2', 'gemma3'] as const) {
    const path = await realModelPath(name)
    if (path === undefined) return false
    await using model = await load(path, { context: 2048 })
    const own: Evidence[] = []
    for (const item of relevanceItems) own.push(await evidenceOf(model, item))
    console.log(`${name}: ${share(own, callCalibration)} of ${own.length} decided right with the weights in the code`)
    evidence.push(...own)
  }
  const fitted = fit(evidence)
  const right = share(evidence, callCalibration)
  const best = share(evidence, fitted)
  const { firstTokenWeight, relevanceWeight, bias } = fitted
  console.log(
    `fitted: first token ${firstTokenWeight.toFixed(2)}, relevance ${relevanceWeight.toFixed(2)}, bias ${bias.toFixed(2)}; right ${best}`,
  )
  return best - right <= 0.02
}

async function evidenceOf(model: Model, { tool, request, relevant }: RelevanceItem): Promise<Evidence> {
  const prompt = await model.render([{ role: 'user', content: request }], { tools: [tool], toolFormat: 'universal' })
  const { logprobs } = await model.complete(prompt, { maxTokens: 1, temperature: 0, logprobs: 200, ignoreEnd: true })
  const begins = (logprobs?.[0]?.top ?? []) as readonly { readonly text?: string; readonly logprob: number }[]
  const calling = begins.filter(({ text }) => text?.trimStart().startsWith('[') === true)
  const lead = 'Question:'
  const informed = await textLogprob(model, `${describeTools([tool])}\n${lead}`, ` ${request}`)
  return {
    firstToken: calling.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0),
    relevance: informed - (await textLogprob(model, lead, ` ${request}`)),
    relevant,
  }
}

async function textLogprob(model: Model, before: string, text: string): Promise<number> {
  const context = await model.tokenize(before)
  const whole = await model.tokenize(before + text)
  const logprobs = await model.score(whole, { from: context.length - 1 })
  return logprobs.reduce((sum, logprob) => sum + logprob, 0)
}

function share(evidence: readonly Evidence[], calibration: CallCalibration): number {
  const right = evidence.filter(({ firstToken, relevance, relevant }) => {
    return calibratedProbability(firstToken, relevance, calibration) >= 0.5 === relevant
  })
  return Number((right.length / evidence.length).toFixed(3))
}

/** Gradient descent on the logistic loss; three weights need nothing better. */
function fit(evidence: readonly Evidence[]): CallCalibration {
  let weights: CallCalibration = { firstTokenWeight: 0, relevanceWeight: 0, bias: 0 }
  for (let step = 0; step < 20_000; step++) {
    let first = 0
    let second = 0
    let third = 0
    for (const { firstToken, relevance, relevant } of evidence) {
      const error = calibratedProbability(firstToken, relevance, weights) - Number(relevant)
      const probability = Math.min(1 - 1e-6, Math.max(1e-6, firstToken))
      first += error * Math.log(probability / (1 - probability))
      second += error * relevance
      third -= error
    }
    const rate = 0.02 / evidence.length
    weights = {
      firstTokenWeight: weights.firstTokenWeight - rate * first,
      relevanceWeight: weights.relevanceWeight - rate * second,
      bias: weights.bias - rate * third,
    }
  }
  return weights
}
