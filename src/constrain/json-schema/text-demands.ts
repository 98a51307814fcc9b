/** What the formula of a text as a whole decides, before any character is read. */
import { conjuncts, FALSE, type Formula, type Logic, TRUE } from './formula.ts'
import { textSet } from './text-set.ts'
import { holdsForText } from './text-verdict.ts'

/**
 * What the formula as a whole decides needs no look at the text: goals that it contains hold, and where it names a set of texts, those
 * of them that satisfy the rest are all there are.
 */
export function simplifiedByTotal(
  logic: Logic,
  goals: readonly Formula[],
  total: Formula,
): { readonly goals: readonly Formula[]; readonly total: Formula } {
  const decided = new Map<Formula, Formula>()
  for (const part of conjuncts(total)) {
    if (part.kind === 'atom') decided.set(part, TRUE)
    else if (part.kind === 'not') decided.set(part.operand, FALSE)
  }
  const sets = conjuncts(total).flatMap((part) =>
    part.kind === 'atom' && part.atom.kind === 'text-automaton' && part.atom.texts !== undefined
      ? [part.atom.texts]
      : [],
  )
  const open = goals.map((goal) => logic.rewrite(goal, (_, whole) => decided.get(whole) ?? whole))
  if (sets.length === 0 || total.kind === 'atom') return { goals: open, total }
  const texts = sets[0].filter((text) => holdsForText(total, text))
  if (texts.length === 0) return { goals: open, total: FALSE }
  const set = logic.atom(`text-set of ${total.id}`, () => ({ kind: 'text-automaton', start: textSet(texts), texts }))
  return { goals: open, total: set }
}

/** The bound that `maxLength` sets where nothing but the formula as a whole decides; Infinity without one. */
export function mostCharacters(total: Formula): number {
  let most = Infinity
  for (const part of conjuncts(total)) {
    if (part.kind !== 'not' || part.operand.kind !== 'atom' || part.operand.atom.kind !== 'text-length') continue
    most = Math.min(most, part.operand.atom.least - 1)
  }
  return most
}
