/**
 * What a run may spend, and what it has spent. A call of a model is reserved with all tokens that it could take before it starts, and settled
 * with those that it took: so a budget is never overrun by more than the deadline's last step.
 */
import { OstroError } from '../../util/error.ts'
import type { Usage } from '../../util/generation.ts'

/** Units of a budget. `tokens` counts prompts and answers as a server without memory would bill them. */
export const budgetUnits = ['tokens', 'wallMs', 'modelCalls', 'toolCalls', 'nodes', 'depth', 'rounds'] as const

export type BudgetUnit = (typeof budgetUnits)[number]

/** Limits; what is left out has none, or the one that its agent says. */
export type Budget = { readonly [unit in BudgetUnit]?: number | undefined }

export interface Spent {
  /** Tokens of prompts and answers, each prompt counted whole. */
  readonly tokensSeen: number
  /** Tokens that models computed: without those of prompts that they still held. */
  readonly tokensComputed: number
  readonly wallMs: number
  readonly modelCalls: number
  readonly toolCalls: number
  readonly nodes: number
}

export interface Reservation {
  /** Ends the reservation with what was used; of an answer that failed, with nothing. */
  readonly settle: (usage: Usage | undefined) => void
}

export interface Ledger {
  readonly budget: Budget
  readonly spent: () => Spent
  /** What is neither spent nor reserved; Infinity where there is no limit. */
  readonly left: (unit: 'tokens' | 'modelCalls' | 'toolCalls' | 'nodes' | 'wallMs') => number
  /** Room for one call of a model. @throws OstroError `budget-reached` with `unit` */
  readonly reserve: (tokens: number) => Reservation
  /** Counts what costs no tokens. @throws OstroError `budget-reached` with `unit`, and then counts nothing */
  readonly take: (unit: 'toolCalls' | 'nodes', count?: number) => void
  /** A part of this budget with limits of its own; what it spends is spent here too. */
  readonly child: (budget: Budget) => Ledger
}

/**
 * @param now milliseconds of any clock
 * @throws OstroError `invalid-argument` for a limit that is no number above 0
 */
export function createLedger(budget: Budget, now: () => number, parent?: Ledger): Ledger {
  checkBudget(budget)
  const startedAt = now()
  const counts = { tokensSeen: 0, tokensComputed: 0, modelCalls: 0, toolCalls: 0, nodes: 0 }
  let reservedTokens = 0
  const used = { tokens: () => counts.tokensSeen + reservedTokens, wallMs: () => now() - startedAt }
  const usedOf = (unit: 'tokens' | 'modelCalls' | 'toolCalls' | 'nodes' | 'wallMs'): number =>
    unit === 'tokens' || unit === 'wallMs' ? used[unit]() : counts[unit]
  const ownLeft = (unit: Parameters<Ledger['left']>[0]): number => (budget[unit] ?? Infinity) - usedOf(unit)
  const demand = (unit: Parameters<Ledger['left']>[0], count: number): void => {
    if (count <= ownLeft(unit)) return
    throw new OstroError('budget-reached', `budget: ${count} of ${unit} asked for, ${ownLeft(unit)} left.`, { unit })
  }
  const ledger: Ledger = {
    budget,
    spent: () => ({ ...counts, wallMs: Math.round(used.wallMs()) }),
    left: (unit) => Math.min(ownLeft(unit), parent?.left(unit) ?? Infinity),
    reserve: (tokens) => {
      demand('wallMs', 0)
      demand('modelCalls', 1)
      demand('tokens', tokens)
      const above = parent?.reserve(tokens)
      counts.modelCalls++
      reservedTokens += tokens
      let open = true
      return {
        settle: (usage) => {
          if (!open) return
          open = false
          reservedTokens -= tokens
          const { promptTokens, cachedTokens, generatedTokens } = usage ?? nothing
          counts.tokensSeen += promptTokens + generatedTokens
          counts.tokensComputed += promptTokens - cachedTokens + generatedTokens
          above?.settle(usage)
        },
      }
    },
    take: (unit, count = 1) => {
      demand(unit, count)
      parent?.take(unit, count)
      counts[unit] += count
    },
    child: (part) => createLedger(part, now, ledger),
  }
  return ledger
}

const nothing: Usage = { promptTokens: 0, cachedTokens: 0, generatedTokens: 0 }

function checkBudget(budget: Budget): void {
  for (const [unit, limit] of Object.entries(budget)) {
    if (!(budgetUnits as readonly string[]).includes(unit)) {
      throw new OstroError('invalid-argument', `budget: one of ${budgetUnits.join(', ')} expected, got ${unit}.`, {
        unit,
      })
    }
    if (limit === undefined || limit > 0) continue
    throw new OstroError('invalid-argument', `budget: ${unit} above 0 expected, got ${limit}.`, { unit, limit })
  }
}
