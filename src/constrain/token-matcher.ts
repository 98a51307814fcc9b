/** Follows a grammar token by token: which tokens are legal, which are forced, and which still leave room to close. */
import { OstroError } from '../util/error.ts'
import { canContinue } from './can-continue.ts'
import { closingPlan } from './closing-plan.ts'
import { forcedTokens } from './forced-tokens.ts'
import type { Grammar, State } from './grammar.ts'
import { eachLegalToken, maskOf } from './mask.ts'
import type { TokenTrie } from './token-trie.ts'

export interface TokenMatcher {
  readonly state: State
  /** Whether the text may end here; exactly then the end tokens are legal. */
  readonly canEnd: boolean
  /** Whether nothing but the end is legal. */
  readonly mustEnd: boolean
  /** Whether `token` is legal. Looks at its own bytes only. */
  allows(token: number): boolean
  /** All legal tokens: token `id` at bit `id % 32` of word `id >> 5`. Valid until the next call; not to be written to. */
  mask(): Uint32Array
  /**
   * Takes a token and returns the states that it passes, one per byte; one for a control token, none for an end token.
   * @throws OstroError('invalid-argument') for a token that is not legal
   */
  push(token: number): readonly State[]
  /** Takes back the last `count` tokens. @throws OstroError('invalid-argument') for more than were pushed */
  rollback(count: number): void
  /**
   * Tokens that must come next, as the model's tokenizer would write them; empty where there is a choice. Whatever legal text follows,
   * no longer token could have taken the place of one of them.
   */
  forced(): readonly number[]
  /** Upper bound of the tokens to a legal end, the end token not counted. Undefined where no way is known. */
  readonly closingTokens: number | undefined
  /** The first of them. Undefined where there is none, or no way is known. */
  readonly closingToken: number | undefined
  /** Whether `token` is legal and leaves a known way to an end within `remaining` tokens, itself counted and the end token not. */
  allowsWithin(token: number, remaining: number): boolean
  /**
   * The mask of `allowsWithin`. Empty where nothing fits any more. Valid until the next call. Walks all legal tokens (milliseconds
   * inside a free string), so it is for the last stretch, when a chosen token was refused.
   */
  maskWithin(remaining: number): Uint32Array
}

/** How far back the tokenisation of forced bytes looks. */
const CONTEXT_TOKENS = 32

/** One token taken: the state after it, and the known way to close from there. */
interface Step {
  readonly token: number
  readonly state: State
  readonly ended: boolean
  /** What is left of an earlier plan, where the token followed it. */
  readonly inherited: readonly number[] | undefined
  /** Worked out when it is asked for; null where no way is known. */
  plan: readonly number[] | null | undefined
}

/** A matcher at the start of `grammar`. */
export function createTokenMatcher(tokens: TokenTrie, grammar: Grammar): TokenMatcher {
  const { tokenizer } = tokens
  const endTokens = new Set(tokens.endTokens)
  const steps: Step[] = [{ token: -1, state: grammar.start, ended: false, inherited: undefined, plan: undefined }]
  const emptyMask = new Uint32Array(tokens.maskWords)
  let scratch: Uint32Array | undefined

  const last = (): Step => steps[steps.length - 1]

  /** The state after a text or control token, or undefined. */
  function after(token: number): State | undefined {
    const { state, ended } = last()
    if (ended) return undefined
    const control = controlAfter(state, token)
    if (control || !tokens.isText(token)) return control
    const { offsets, bytes } = tokens.entries
    let next: State | undefined = state
    for (let at = offsets[token]; at < offsets[token + 1]; at++) {
      next = next.next(bytes[at])
      if (next === undefined) return undefined
    }
    return next
  }

  function controlAfter(state: State, token: number): State | undefined {
    for (const text of state.controls ?? []) if (tokenizer.idOf(text) === token) return state.nextControl?.(text)
    return undefined
  }

  function isLegalEnd(token: number): boolean {
    return endTokens.has(token) && last().state.canEnd && !last().ended
  }

  function plan(): readonly number[] | undefined {
    const step = last()
    if (step.plan === undefined) {
      const own = closingPlan(tokens, step.state)
      const { inherited } = step
      step.plan = (inherited && (!own || inherited.length < own.length) ? inherited : own) ?? null
    }
    return step.plan ?? undefined
  }

  /** Tokens to an end from `state`, reached by `token`: a plan that the token follows counts too. */
  function closingAfter(token: number, state: State, current: readonly number[] | undefined): number {
    const own = closingPlan(tokens, state)?.length ?? Infinity
    return current !== undefined && current[0] === token ? Math.min(own, current.length - 1) : own
  }

  return {
    get state() {
      return last().state
    },
    get canEnd() {
      return last().state.canEnd
    },
    get mustEnd() {
      const { state, ended } = last()
      return ended || (state.canEnd && !canContinue(state))
    },
    allows(token) {
      return isLegalEnd(token) || after(token) !== undefined
    },
    mask() {
      return last().ended ? emptyMask : maskOf(tokens, last().state)
    },
    push(token) {
      if (isLegalEnd(token)) {
        steps.push({ token, state: last().state, ended: true, inherited: [], plan: undefined })
        return []
      }
      const { state, ended, plan: current } = last()
      const inherited = current && current[0] === token ? current.slice(1) : undefined
      const control = ended ? undefined : controlAfter(state, token)
      const passed: State[] = control ? [control] : []
      if (!control && !ended && tokens.isText(token)) {
        const { offsets, bytes } = tokens.entries
        let next: State | undefined = state
        for (let at = offsets[token]; at < offsets[token + 1] && next; at++) {
          next = next.next(bytes[at])
          if (next) passed.push(next)
        }
        if (!next) passed.length = 0
      }
      if (passed.length === 0) {
        throw new OstroError(
          'invalid-argument',
          `token matcher: expected a legal token, got ${token} after ${steps.length - 1} tokens. Ask \`allows\` first.`,
          { token, position: steps.length - 1 },
        )
      }
      steps.push({ token, state: passed[passed.length - 1], ended: false, inherited, plan: undefined })
      return passed
    },
    rollback(count) {
      if (!(Number.isInteger(count) && count >= 0 && count < steps.length)) {
        throw new OstroError(
          'invalid-argument',
          `token matcher: expected to take back 0 to ${steps.length - 1} tokens, got ${count}. Count the tokens pushed.`,
          { count, pushed: steps.length - 1 },
        )
      }
      steps.length -= count
    },
    forced() {
      if (last().ended) return []
      return forcedTokens(
        tokens,
        last().state,
        steps.slice(Math.max(1, steps.length - CONTEXT_TOKENS)).map(({ token }) => token),
      )
    },
    get closingTokens() {
      return plan()?.length
    },
    get closingToken() {
      return plan()?.[0]
    },
    allowsWithin(token, remaining) {
      if (isLegalEnd(token)) return true
      const state = after(token)
      return state !== undefined && closingAfter(token, state, plan()) <= remaining - 1
    },
    maskWithin(remaining) {
      const mask = (scratch ??= new Uint32Array(tokens.maskWords)).fill(0)
      const { state, ended } = last()
      if (ended) return mask
      const current = plan()
      eachLegalToken(tokens, state, (token, next) => {
        if (closingAfter(token, next, current) <= remaining - 1) mask[token >> 5] |= 1 << (token & 31)
      })
      if (state.canEnd) for (const id of tokens.endTokens) mask[id >> 5] |= 1 << (id & 31)
      return mask
    },
  }
}
