/** A place between the items of an array. */
import type { JsonValue } from '../../util/json.ts'
import { stepItem, uniformFrom } from './array-keywords.ts'
import { decideChild, holdsAtEnd } from './container-atoms.ts'
import { atomsOf, conjuncts, FALSE, type Formula, type Logic, TRUE } from './formula.ts'
import type { ArrayPosition, ChildStep, Engine, ValuePlan, Verdict } from './plans.ts'

/** Items seen so far where they are compared, the last one first. */
interface Seen {
  readonly canonical: string
  readonly before: Seen | undefined
}

/** Before the first item. */
export function startArray(engine: Engine, goals: readonly Formula[], total: Formula): ArrayPosition {
  return positionAt(engine, goals, total, 0, undefined)
}

function positionAt(
  engine: Engine,
  goals: readonly Formula[],
  total: Formula,
  index: number,
  seen: Seen | undefined,
): ArrayPosition {
  const { logic } = engine.obligations
  const atoms = atomsOf([total, ...goals])
  const comparesItems = atoms.some((atom) => atom.kind === 'unique')
  let step: ChildStep<ArrayPosition> | undefined | null = null
  let ended: Verdict | undefined | null = null

  const position: ArrayPosition = {
    kind: 'array',
    total,
    comparesItems,
    get lacking() {
      return lackingBy(total, index)
    },
    get isRoomy() {
      return isRoomy(engine, total, index)
    },
    verdict: () => (ended = ended === null ? endVerdict(goals, total) : ended),
    meetingGoals: () => positionAt(engine, goals, logic.and([total, ...goals]), index, seen),
    item: () => (step = step === null ? begin() : step),
  }
  return position

  /** Where any text may follow and none has to, texts need no care: a further character leads on from each. */
  function keptApart(stepped: Formula): Formula {
    const anyText = holdsAtEnd(total) && isFreeText(engine.planOf([], stepped))
    return logic.and([stepped, otherThan(engine, seen, anyText)])
  }

  function begin(): ChildStep<ArrayPosition> | undefined {
    const stepped = stepItem(engine.obligations, total, index)
    const during = comparesItems && mustDiffer(total) ? keptApart(stepped) : stepped
    if (during === FALSE) return undefined
    const duringGoals = goals.map((goal) => (goal === total ? during : stepItem(engine.obligations, goal, index)))
    const plan = engine.planOf(duringGoals, during)
    const known = new Map<string, ArrayPosition | undefined>()
    return {
      plan,
      compares: comparesItems,
      after(verdict, canonical) {
        if (comparesItems) return resolve(verdict, canonical)
        const key = verdict.join()
        if (!known.has(key)) known.set(key, resolve(verdict, undefined))
        return known.get(key)
      },
    }

    function resolve(verdict: Verdict, canonical: string | undefined): ArrayPosition | undefined {
      const repeated = comparesItems && canonical !== undefined && isSeen(seen, canonical)
      const decide = (formula: Formula): Formula => {
        const decided = decideChild(logic, formula, (node) => plan.verdictOn(node, verdict))
        return repeated ? withRepetition(logic, decided) : decided
      }
      const after = decide(during)
      if (after === FALSE) return undefined
      const afterGoals = duringGoals.map((goal) => (goal === during ? after : decide(goal)))
      const same = after === total && afterGoals.every((goal, i) => goal === goals[i])
      if (same && !comparesItems && index >= uniformFrom(atoms)) return position
      const seenNow = comparesItems && canonical !== undefined ? { canonical, before: seen } : undefined
      return positionAt(engine, afterGoals, after, index + 1, seenNow)
    }
  }
}

/** Different values of which a plan is asked at most whether it has as many. */
const mostAsked = 128
const amounts = new WeakMap<ValuePlan, Map<number, boolean>>()

function isRoomy(engine: Engine, total: Formula, index: number): boolean {
  const { obligations } = engine
  for (const part of conjuncts(total)) {
    const atom = part.kind === 'not' ? part.operand : part
    if (atom.kind !== 'atom') return false
    const { kind } = atom.atom
    if (kind !== 'count' && (part.kind === 'not' || (kind !== 'items' && kind !== 'unique'))) return false
  }
  const others = atomsOf([total]).filter(({ kind }) => kind !== 'count')
  if (index < uniformFrom(others)) return false
  return hasValues(engine.planOf([], stepItem(obligations, total, index)), index + lackingBy(total, index))
}

function lackingBy(total: Formula, index: number): number {
  const counts = conjuncts(total).map((part) =>
    part.kind === 'atom' && part.atom.kind === 'count' ? part.atom.least - index : 0,
  )
  return Math.max(0, ...counts)
}

/** Whether a plan has that many values, as far as one would look. */
function hasValues(plan: ValuePlan, count: number): boolean {
  const asked = Math.min(mostAsked, 2 ** Math.ceil(Math.log2(Math.max(count, 8))))
  let known = amounts.get(plan)
  if (known === undefined) amounts.set(plan, (known = new Map()))
  let has = known.get(asked)
  if (has === undefined) {
    const { number, text } = plan
    has = number !== undefined && number.examples(asked).length >= asked
    has ||= text !== undefined && text.examples(asked).texts.length >= asked
    known.set(asked, has)
  }
  return has
}

function mustDiffer(total: Formula): boolean {
  return conjuncts(total).some((part) => part.kind === 'atom' && part.atom.kind === 'unique')
}

/** Most values that the next item is kept apart from byte by byte; the others are compared when it ends. */
const mostExcluded = 1_000

/** So that an item does not walk into a value that was there before, where few values are allowed. */
function otherThan({ obligations }: Engine, seen: Seen | undefined, anyText: boolean): Formula {
  const { logic, document, leafOf } = obligations
  const values: JsonValue[] = []
  for (let at = seen; at !== undefined && values.length < mostExcluded; at = at.before) {
    if (anyText && at.canonical.startsWith('"')) continue
    const value = JSON.parse(at.canonical) as JsonValue
    if (typeof value !== 'object' || value === null) values.push(value)
  }
  return values.length === 0 ? TRUE : logic.not(leafOf(document.synthetic({ enum: values })))
}

/** Whether every text that is begun may go on with any character, and so become one that was not there before. */
function isFreeText(plan: ValuePlan): boolean {
  const { goals, total } = plan.goalsFor('string')
  if (!goals.every((goal) => goal.kind === 'constant' || goal === total)) return false
  if (total.kind !== 'atom' || total.atom.kind !== 'text-automaton') return total === TRUE
  const { start } = total.atom
  return start.samples.every((code) => start.next(code)?.acceptsAll !== false)
}

function isSeen(seen: Seen | undefined, canonical: string): boolean {
  for (let at = seen; at !== undefined; at = at.before) if (at.canonical === canonical) return true
  return false
}

function withRepetition(logic: Logic, formula: Formula): Formula {
  return logic.rewrite(formula, (atom, whole) => (atom.kind === 'unique' ? FALSE : whole))
}

export function endVerdict(goals: readonly Formula[], total: Formula): Verdict | undefined {
  return holdsAtEnd(total) ? goals.map(holdsAtEnd) : undefined
}
