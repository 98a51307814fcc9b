/** The flag that limits what a run may spend: `--budget tokens=20000,wallMs=60000`. */
import type { ArgsDef } from 'citty'
import { type Budget, budgetUnits } from '../tools/steps/budget.ts'
import { usage } from './arguments.ts'
import { count } from './model-options.ts'

export const budgetArg = {
  budget: { type: 'string', description: `Limits such as tokens=20000,wallMs=60000; of ${budgetUnits.join(', ')}` },
} as const satisfies ArgsDef

/** @throws OstroError `invalid-argument` */
export function readBudget(text: string | undefined): Budget {
  const limits = (text?.split(',') ?? []).map((part) => {
    const [unit = '', limit = ''] = part.split('=').map((side) => side.trim())
    if (!(budgetUnits as readonly string[]).includes(unit)) {
      throw usage(`expected --budget UNIT=LIMIT,… with units ${budgetUnits.join(', ')}; got ${part}`)
    }
    const value = count('budget', limit)
    if (!value) throw usage(`expected a limit above 0 for ${unit} of --budget, got ${limit}`)
    return [unit, value] as const
  })
  return Object.fromEntries(limits) as Budget
}
