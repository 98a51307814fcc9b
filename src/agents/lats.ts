/**
 * Language agent tree search: a model proposes actions, an environment steps, values and verdicts say where to go on.
 * Source: Zhou et al. 2023 (arXiv 2310.04406), with what `lats/rules.ts` and `lats/presets.ts` say otherwise.
 */
import type { LanguageModel } from '../tools/language-model.ts'
import type { RunEvent } from '../tools/steps/run-event.ts'
import { type Run, type RunOptions, startRun } from '../tools/steps/run.ts'
import { isProof, type Verdict, type Verifier } from '../tools/steps/verifier.ts'
import { OstroError } from '../util/error.ts'
import type { JsonValue } from '../util/json.ts'
import { checkCount } from './check-count.ts'
import { type Environment, isInvalid } from './environment.ts'
import type { AppliedChanges } from './lats/apply.ts'
import { createEnvironmentPool } from './lats/environment-pool.ts'
import { modelWorld, type Trajectory, trajectoryOf } from './lats/model-world.ts'
import { createTree, type SearchNode, type SearchTree } from './lats/node.ts'
import { searchPresets, type SearchPreset, type SearchTuning, type SearchTuningOptions } from './lats/presets.ts'
import { type SearchGuide, searchPrompts } from './lats/prompts.ts'
import { memorySearchStore, restoreSearch, type SearchStore } from './lats/rows.ts'
import { bestLeaf, searchRules } from './lats/rules.ts'
import { search } from './lats/search.ts'
import { isValueUninformative, valueCorrelation } from './lats/value-correlation.ts'

export interface LatsOptions extends RunOptions, SearchTuningOptions {
  /** What the settings are that are not given. Default `default`; `paper` is the published search. */
  readonly preset?: SearchPreset | undefined
  /** Judges terminals. Default: the environment's reward; 1 passes. */
  readonly verifier?: Verifier<Trajectory> | undefined
  /** How the model is told what to do. Default: one sentence for any environment. */
  readonly guide?: SearchGuide | undefined
  /** In place of asking the model how good a state is: 0 to 1. */
  readonly evaluate?: ((trajectory: Trajectory) => number | Promise<number>) | undefined
  /** Whether to go on from the best new child to an end; off where every child is a whole candidate. Default true. */
  readonly simulate?: boolean | undefined
  /** p: iterations in flight. Default: as many as fit the model's slots, `slots / samples`, at least 1; by `outcomes` 1. */
  readonly parallel?: number | undefined
  /** Ends after this many iterations without a better end. Default: never. */
  readonly plateau?: number | undefined
  /** Of sampled actions. Default 1. */
  readonly temperature?: number | undefined
  /** Most tokens of an action. Default 64. */
  readonly actionTokens?: number | undefined
  /** Where the search is kept: one that holds a search already goes on with it. Default: in memory. */
  readonly store?: SearchStore | undefined
  /** Asked before the chosen way is carried out in an `irreversible` environment, which is refused without. */
  readonly approve?: ((trajectory: Trajectory, verdict: Verdict | undefined) => boolean | Promise<boolean>) | undefined
}

const anyGuide: SearchGuide = {
  instruction: 'Solve the task step by step. Answer with the next action and nothing else.',
}

/**
 * Searches for the actions that solve a task. The result is the best end by passed, score, Q, earlier; where no end was reached, the leaf of
 * the greatest Q, without a verdict; where there is not even that, none, with the warning `no-candidate`. The environment is left in the
 * state in which the task began.
 *
 * `budget.rounds` is the number of iterations (default 30), `budget.depth` that of actions (default 7). A stored search that goes on is given
 * a whole budget again. A seeded run on the same model gives the same tree, for a given `parallel`.
 *
 * @throws OstroError `invalid-argument`, `effect-irreversible`; `store-unavailable`, what model and environment throw
 * @example
 * const { best } = await resultOf(lats(model, gameOf24(), [4, 9, 10, 13], { budget: { tokens: 50_000 } }))
 */
export function lats<A>(
  model: LanguageModel,
  environment: Environment<A>,
  task: JsonValue,
  options: LatsOptions = {},
): AsyncGenerator<RunEvent<Trajectory>, void, void> {
  const { guide = anyGuide, verifier, store = memorySearchStore(), approve, budget = {} } = options
  const tuning = tuningOf(options)
  const { simulate = true, plateau, temperature = 1, actionTokens = 64 } = options
  // By outcomes, iterations side by side would propose what another one is just trying: with 16 at once, plain sampling does better.
  const fitting = tuning.value === 'outcomes' ? 1 : Math.max(1, Math.floor(model.slots / tuning.samples))
  const parallel = options.parallel ?? fitting
  checkOptions({ ...tuning, parallel, actionTokens, plateau: plateau ?? 1 })
  checkEffect(environment, approve)
  return startRun('lats', options, async (run) => {
    const start = await environment.reset(task, run.seed)
    const text = environment.describe()
    const restored = restoreSearch(await store.load())
    if (restored !== undefined) checkSameTask(restored.tree, start)
    const tree = restored?.tree ?? createTree(start)
    const rules = searchRules(tuning)
    const pool = createEnvironmentPool(environment)
    let unverified = false
    const world = modelWorld<A>({
      run,
      model,
      pool,
      verifier,
      temperature,
      actionTokens,
      evaluate: options.evaluate,
      prompts: searchPrompts(model, guide),
      task: text,
      history: tree.history,
      onUnverified: () => {
        if (!unverified) warnNoReward(run)
        unverified = true
      },
    })
    const isVerdictProof = (): boolean => (verifier === undefined ? !unverified : isProof(verifier))
    const settings = { ...tuning, simulate, parallel, plateau, limits: budget }
    let toldOfValues = false
    const onApply = (changes: AppliedChanges): void => {
      tell(run, tree, changes, isVerdictProof())
      if (toldOfValues || !(tree.valueDistrusted || (tuning.value === 'model' && isValueUninformative(tree.nodes))))
        return
      toldOfValues = true
      warnOfValues(run, tree)
    }
    const parts = { world, tree, settings, rules, store, onApply, inFlight: restored?.inFlight }
    const keepBest = (): SearchNode | undefined => {
      const best = bestLeaf(tree.nodes, rules)
      const proof = best?.verdict !== undefined && isVerdictProof()
      if (best !== undefined) run.keep(trajectoryOf(best, tree.history), best.verdict, proof)
      else run.warn('no-candidate', 'lats: the search ended before it had reached any state.')
      return best
    }
    let best: SearchNode | undefined
    try {
      return await search(parts)
    } finally {
      best = keepBest()
      await pool.close(start)
      if (approve !== undefined && best !== undefined && !run.signal.aborted) {
        await carryOut(environment, trajectoryOf(best, tree.history), best.verdict, approve)
      }
    }
  })
}

function tuningOf(options: LatsOptions): SearchTuning {
  const preset: SearchTuning = searchPresets[options.preset ?? 'default']
  const { budget = {} } = options
  return {
    value: options.value ?? preset.value,
    reflections: options.reflections ?? preset.reflections,
    exploration: options.exploration ?? preset.exploration,
    valueShare: options.valueShare ?? preset.valueShare,
    priorWeight: options.priorWeight ?? preset.priorWeight,
    widen: options.widen ?? preset.widen,
    hedge: options.hedge ?? preset.hedge,
    samples: options.samples ?? preset.samples,
    iterations: budget.rounds ?? options.iterations ?? preset.iterations,
    depth: budget.depth ?? options.depth ?? preset.depth,
  }
}

function checkOptions(
  options: Omit<SearchTuning, 'widen' | 'value'> & { parallel: number; actionTokens: number; plateau: number },
) {
  const { exploration, priorWeight, valueShare, hedge } = options
  for (const name of ['samples', 'iterations', 'depth', 'parallel', 'actionTokens', 'plateau'] as const) {
    checkCount('lats', name, options[name])
  }
  for (const [name, value, most] of [
    ['exploration', exploration, Infinity],
    ['priorWeight', priorWeight, Infinity],
    ['valueShare', valueShare, 1],
    ['hedge', hedge, 1],
  ] as const) {
    if (value >= 0 && value <= most) continue
    throw new OstroError('invalid-argument', `lats: ${name} from 0 to ${most} expected, got ${value}.`, { name, value })
  }
}

/** A search that was forked begins elsewhere, with what led there as its history. */
function checkSameTask({ root, history }: SearchTree, start: JsonValue): void {
  if (history.length > 0 || JSON.stringify(root.snapshot) === JSON.stringify(start)) return
  const message = 'lats: the store holds a search of another task. Name another store, or the task that it began with.'
  throw new OstroError('store-unavailable', message)
}

function checkEffect<A>({ effect, carryOut: commit }: Environment<A>, approve: LatsOptions['approve']): void {
  if (effect !== 'irreversible' || (approve !== undefined && commit !== undefined)) return
  const lacking = approve === undefined ? 'Pass `approve`.' : 'It has no `carryOut`, so its steps are no rehearsals.'
  const message = `lats: an environment whose steps can be undone expected, got an irreversible one. ${lacking}`
  throw new OstroError('effect-irreversible', message)
}

async function carryOut<A>(
  environment: Environment<A>,
  trajectory: Trajectory,
  verdict: Verdict | undefined,
  approve: NonNullable<LatsOptions['approve']>,
): Promise<void> {
  if (environment.carryOut === undefined || !(await approve(trajectory, verdict))) return
  const start = await environment.snapshot()
  const actions: A[] = []
  for (const { action: text } of trajectory.steps) {
    const action = environment.parse(text)
    if (isInvalid(action)) {
      const message = `lats: an action expected whose canonical text is read as itself, got ${text}: ${action.invalid}.`
      throw new OstroError('action-invalid', message, { action: text })
    }
    await environment.step(action)
    actions.push(action)
  }
  await environment.restore(start)
  await environment.carryOut(actions)
}

function warnNoReward(run: Run<Trajectory>): void {
  run.warn(
    'no-external-signal',
    'No verifier was given and the environment gives no reward: nothing outside the model says whether the answer is right.',
  )
}

function warnOfValues(run: Run<Trajectory>, { nodes, valueDistrusted }: SearchTree): void {
  const { ends = 0, correlation = 0 } = valueCorrelation(nodes) ?? {}
  const advice = valueDistrusted
    ? 'From here on the search goes by outcomes alone.'
    : 'The preset `outcomes`, or best-of-n, may find as much for less.'
  run.warn(
    'value-uninformative',
    `The values of states hardly went with what came of them (correlation ${correlation.toFixed(2)} over ${ends} ends). ${advice}`,
  )
}

function tell(run: Run<Trajectory>, tree: SearchTree, changes: AppliedChanges, proof: boolean): void {
  for (const node of changes.created) {
    const { id, parent, action, observation, prior, selfConsistency, verdict, rollout } = node
    run.emit({ type: 'node-create', node: id, parent: parent?.id, action, observation, rollout })
    run.emit({ type: 'node-evaluate', node: id, value: prior, selfConsistency, verdict })
    if (verdict === undefined) continue
    const trajectory = trajectoryOf(node, tree.history)
    run.judge(trajectory, run.propose(trajectory), verdict, proof)
  }
  const path = changes.path.map(({ id }) => id)
  if (path.length > 0) run.emit({ type: 'path-update', path, reward: changes.reward })
  for (const { id } of changes.exhausted) run.emit({ type: 'node-exhaust', node: id })
  const reflection = tree.reflections.at(-1)
  if (changes.reflected && reflection !== undefined) run.emit({ type: 'reflection-add', ...reflection })
}
