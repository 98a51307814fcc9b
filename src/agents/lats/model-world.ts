/** A search's world made of a language model that acts and judges, and an environment that steps. */
import type { LanguageModel } from '../../tools/language-model.ts'
import type { Run } from '../../tools/steps/run.ts'
import type { Verdict, Verifier } from '../../tools/steps/verifier.ts'
import { OstroError } from '../../util/error.ts'
import type { OutputFormat } from '../../util/generation.ts'
import { createRandom, deriveSeed } from '../../util/random.ts'
import { isInvalid } from '../environment.ts'
import { drawDistinct } from './draw-distinct.ts'
import type { EnvironmentPool } from './environment-pool.ts'
import { actionsTo, pathTo, type SearchNode, type SearchStep } from './node.ts'
import type { Repair, SearchPlace, SearchPrompts } from './prompts.ts'
import { stateValue } from './state-value.ts'
import type { IterationContext, Proposal, SearchWorld, Stepped } from './world.ts'

/** A way from the start to an end, as verifiers see it. */
export interface Trajectory {
  readonly steps: readonly SearchStep[]
  /** The state that it ends in. */
  readonly state: SearchNode['snapshot']
}

export interface ModelWorldParts<A> {
  readonly run: Run<Trajectory>
  readonly model: LanguageModel
  readonly pool: EnvironmentPool<A>
  readonly prompts: SearchPrompts
  readonly task: string
  readonly history: readonly SearchStep[]
  readonly verifier: Verifier<Trajectory> | undefined
  readonly temperature: number
  readonly actionTokens: number
  /** In place of asking the model. */
  readonly evaluate: ((trajectory: Trajectory) => number | Promise<number>) | undefined
  /** Told once, where a terminal has neither a verifier nor a reward. */
  readonly onUnverified: () => void
}

const repairsPerSample = 2
/** Legal actions beyond which a sample is cheaper than the probabilities of all. */
const mostScored = 64
const reflectionTokens = 120

export function modelWorld<A>(parts: ModelWorldParts<A>): SearchWorld<A> {
  const { run, model, pool, prompts, verifier } = parts
  const placeOf = (node: SearchNode, { reflections }: IterationContext): SearchPlace => ({
    task: parts.task,
    reflections,
    steps: trajectoryOf(node, parts.history).steps,
  })
  const ask = async (
    prompt: ReturnType<SearchPrompts['actor']>,
    options: Parameters<Run<Trajectory>['ask']>[2],
    { cost }: IterationContext,
  ) => {
    cost.modelCalls++
    const { text, end } = await run.ask(model, prompt, { ...options, stop: prompts.stop })
    cost.tokens += end.usage.promptTokens + end.usage.generatedTokens
    return text
  }
  const valueOf = async (node: SearchNode, context: IterationContext): Promise<number> => {
    if (parts.evaluate !== undefined) return checkShare(await parts.evaluate(trajectoryOf(node, parts.history)))
    const path = ['evaluate', ...actionsTo(node), context.iteration]
    const request = { place: placeOf(node, context), path, cost: context.cost }
    return stateValue(run, model, prompts, request)
  }
  const policies = new Map<string, Promise<ReadonlyMap<string, number>>>()
  /** Probabilities of the legal actions of a state, read once. */
  const policy = (node: SearchNode, context: IterationContext): Promise<ReadonlyMap<string, number>> => {
    const key = JSON.stringify([actionsTo(node), context.reflections])
    const read = policies.get(key) ?? readPolicy(node, context)
    policies.set(key, read)
    return read
  }
  const readPolicy = async (node: SearchNode, context: IterationContext): Promise<ReadonlyMap<string, number>> => {
    const keys = await pool.use(node.snapshot, async (environment) => {
      const actions = await environment.legal?.()
      return isList<A>(actions) ? actions.map((action) => environment.canonical(action)) : []
    })
    context.cost.modelCalls++
    const prompt = prompts.actor(placeOf(node, context))
    const scores = await run.score(model, prompt, keys.map(prompts.written))
    context.cost.tokens += scores.reduce((sum, { tokens }) => sum + tokens, await model.countTokens(prompt))
    return probabilitiesOf(
      keys,
      scores.map(({ logprob }) => logprob / Math.max(coldest, parts.temperature)),
    )
  }
  return {
    propose: async (node, { samples, drawn, expansion, excluded }, context) => {
      const { format, legal, open } = await pool.use(node.snapshot, async (environment) => {
        const actions = await environment.legal?.()
        if (!isList<A>(actions)) return { format: actions, legal: undefined, open: undefined }
        const listed = actions.map((action) => ({ key: environment.canonical(action), action }))
        const wanted = listed.filter(({ key }) => excluded?.has(key) !== true)
        const choices = wanted.map(({ key }) => prompts.written(key))
        return { format: { type: 'choice', choices } satisfies OutputFormat, legal: listed.length, open: wanted }
      })
      // Where there is no choice, the model need not be asked.
      if (open !== undefined && open.length < 2) {
        return { proposals: open.flatMap((only) => Array.from({ length: samples }, () => only)), legal }
      }
      if (drawn !== undefined && open !== undefined && model.can.score && (legal ?? 0) <= mostScored) {
        const all = await policy(node, context)
        const random = createRandom(deriveSeed(run.seed, 'expand', ...actionsTo(node), expansion))
        const weighed = open.map((one) => ({ ...one, probability: all.get(one.key) ?? 0 }))
        return { proposals: drawDistinct(weighed, drawn, ({ probability }) => probability, random), legal }
      }
      const sample = async (index: number): Promise<Proposal<A> | undefined> => {
        const repairs: Repair[] = []
        for (let repair = 0; repair <= repairsPerSample; repair++) {
          const text = await ask(
            prompts.actor(placeOf(node, context), repairs),
            {
              purpose: repair === 0 ? 'expand' : 'repair',
              path: ['expand', ...actionsTo(node), expansion, index, repair],
              maxTokens: parts.actionTokens,
              temperature: parts.temperature,
              ...(format !== undefined && model.can.format && { format }),
            },
            context,
          )
          const read = await pool.use(node.snapshot, async (environment) => {
            const action = environment.parse(text.trim())
            return isInvalid(action) ? action : { key: environment.canonical(action), action }
          })
          if (!isInvalid(read)) return read
          repairs.push({ text: text.trim(), problem: read.invalid })
        }
        return undefined
      }
      const answers = await Promise.allSettled(Array.from({ length: samples }, (_, index) => sample(index)))
      const broken = answers.find((answer) => answer.status === 'rejected')
      const proposals = answers.flatMap((answer) =>
        answer.status === 'fulfilled' && answer.value !== undefined ? [answer.value] : [],
      )
      if (proposals.length === 0 && broken !== undefined) throw broken.reason
      return { proposals, legal, failure: broken?.reason }
    },
    step: (node, action) => {
      run.ledger.take('nodes')
      return pool.use(node.snapshot, async (environment): Promise<Stepped> => {
        const outcome = await environment.step(action)
        return { ...outcome, snapshot: await environment.snapshot() }
      })
    },
    judge: async (node, { reward, observation }, context): Promise<Verdict> => {
      if (verifier !== undefined) {
        return verifier.verify(trajectoryOf(node, parts.history), { signal: run.signal })
      }
      if (reward !== undefined) return { passed: reward >= 1, score: checkShare(reward), feedback: observation }
      parts.onUnverified()
      return { passed: false, score: await valueOf(node, context), feedback: observation }
    },
    evaluate: valueOf,
    reflect: async (node, context) => {
      const path = ['reflect', ...actionsTo(node), context.iteration]
      const prompt = prompts.reflection(placeOf(node, context), node.verdict?.feedback ?? '')
      const text = await ask(prompt, { purpose: 'reflect', path, maxTokens: reflectionTokens, temperature: 0 }, context)
      return text.trim()
    },
  }
}

export function trajectoryOf(node: SearchNode, history: readonly SearchStep[]): Trajectory {
  const steps = pathTo(node).slice(1)
  return {
    steps: [...history, ...steps.map(({ action, observation }) => ({ action, observation }))],
    state: node.snapshot,
  }
}

/** Of logarithms, so that they add up to 1. */
function probabilitiesOf(keys: readonly string[], logprobs: readonly number[]): ReadonlyMap<string, number> {
  const greatest = Math.max(...logprobs)
  const masses = logprobs.map((logprob) => Math.exp(logprob - greatest))
  const total = masses.reduce((sum, mass) => sum + mass, 0)
  return new Map(keys.map((key, at) => [key, masses[at] / total]))
}

/** Probabilities at a lower temperature are those of the greatest alone. */
const coldest = 0.01

const isList = <A>(actions: readonly A[] | OutputFormat | undefined): actions is readonly A[] => Array.isArray(actions)

function checkShare(value: number): number {
  if (value >= 0 && value <= 1) return value
  const message = `lats: a reward or a value from 0 to 1 expected, got ${value}.`
  throw new OstroError('environment-failed', message, { value })
}
