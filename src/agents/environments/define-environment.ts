/** Environments whose state is a JSON value and whose steps make a new one: they copy, restore and step as searches want it. */
import { OstroError } from '../../util/error.ts'
import type { JsonValue } from '../../util/json.ts'
import type { Environment, InvalidAction, StepOutcome } from '../environment.ts'

export interface Rules<S extends JsonValue, A> {
  readonly effect: 'pure' | 'reversible'
  /** @throws OstroError `environment-failed` for a task that is none */
  readonly start: (task: JsonValue, seed: number) => S
  readonly describe: (state: S) => string
  /** What may be done; empty only at an end. */
  readonly legal: (state: S) => readonly A[]
  readonly parse: (text: string, state: S) => A | InvalidAction
  readonly canonical: (action: A) => string
  /** `action` is legal. */
  readonly step: (state: S, action: A) => StepOutcome & { readonly state: S }
}

/** Instances that search well side by side; steps of ours take no time, so this is for those who measure. */
const defaultCopies = 8

export function defineEnvironment<S extends JsonValue, A>(
  name: string,
  rules: Rules<S, A>,
  copies = defaultCopies,
): Environment<A> {
  let state: S | undefined
  const now = (): S => {
    if (state !== undefined) return state
    throw new OstroError('environment-failed', `${name}: no task was started. Call reset first.`)
  }
  return {
    effect: rules.effect,
    copies,
    copy: () => defineEnvironment(name, rules, copies),
    reset: async (task, seed) => {
      state = rules.start(task, seed)
      return state
    },
    snapshot: async () => now(),
    restore: async (at) => {
      state = at as S
    },
    describe: () => rules.describe(now()),
    legal: async () => rules.legal(now()),
    parse: (text) => rules.parse(text, now()),
    canonical: rules.canonical,
    step: async (action) => {
      const key = rules.canonical(action)
      if (!rules.legal(now()).some((legal) => rules.canonical(legal) === key)) {
        throw new OstroError('action-invalid', `${name}: a legal action expected, got ${key}.`, { action: key })
      }
      const { state: next, ...outcome } = rules.step(now(), action)
      state = next
      return outcome
    },
  }
}
