/** Whose calls run by themselves, whose are asked about each time, and which tools a model is not even shown. */
import { OstroError } from '../util/error.ts'
import type { Tool } from './tool.ts'

/** By name. Tools that no list names keep what they say of themselves: `needsApproval`. */
export interface ApprovalRules {
  /** Run without asking. `*` names all that no other list names. */
  readonly allow?: readonly string[] | undefined
  /** Asked about before each call, with its exact arguments. */
  readonly ask?: readonly string[] | undefined
  /** Not shown to the model, so that it cannot call them. */
  readonly deny?: readonly string[] | undefined
}

export const approvalRulings = ['allow', 'ask', 'deny'] as const

type Ruling = (typeof approvalRulings)[number]

const everything = '*'

/** @throws OstroError `invalid-argument` for a name that no tool has, or that two lists have: a rule that does nothing protects nobody */
export function ruleTools(tools: readonly Tool[], rules: ApprovalRules): readonly Tool[] {
  const rulings = rulingsByName(tools, rules)
  return tools.flatMap((tool) => {
    const ruling = rulings.get(tool.function.name) ?? rulings.get(everything)
    if (ruling === undefined) return [tool]
    return ruling === 'deny' ? [] : [{ ...tool, needsApproval: ruling === 'ask' }]
  })
}

function rulingsByName(tools: readonly Tool[], rules: ApprovalRules): ReadonlyMap<string, Ruling> {
  const rulings = new Map<string, Ruling>()
  const known = new Set(tools.map((tool) => tool.function.name))
  for (const ruling of approvalRulings) {
    for (const name of rules[ruling] ?? []) {
      if (name !== everything && !known.has(name)) {
        const message = `tools: one of ${[...known].join(', ') || '(none)'} to ${ruling} expected, got ${name}.`
        throw new OstroError('invalid-argument', message, { name })
      }
      if (rulings.has(name)) {
        const message = `tools: ${name} expected in one of allow, ask and deny, it is in ${rulings.get(name)} and ${ruling}.`
        throw new OstroError('invalid-argument', message, { name })
      }
      rulings.set(name, ruling)
    }
  }
  return rulings
}
