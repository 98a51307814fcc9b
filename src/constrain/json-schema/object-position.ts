/** A place between the members of an object. */
import { decideChild } from './container-atoms.ts'
import { atomsOf, conjuncts, FALSE, type Formula, TRUE } from './formula.ts'
import { endVerdict } from './array-position.ts'
import { textSet } from './text-set.ts'
import { keyTests, type KeyTests, stepMember } from './object-keywords.ts'
import type { Obligations } from './obligations.ts'
import { patternFormula } from './pattern.ts'
import type { ChildStep, Engine, KeyNames, ObjectPosition, ValuePlan, Verdict } from './plans.ts'
import type { SchemaNode, SchemaObject } from './schema-node.ts'
import { holdsForText } from './text-verdict.ts'

/** Keys so far, the last one first. */
interface Used {
  readonly key: string
  readonly before: Used | undefined
  readonly count: number
}

/** What a member with a key demands, whatever is in use. */
interface Demand {
  readonly during: Formula
  readonly duringGoals: readonly Formula[]
  readonly plan: ValuePlan
}

/** Before the first member. */
export function startObject(engine: Engine, goals: readonly Formula[], total: Formula): ObjectPosition {
  return positionAt(engine, goals, total, undefined)
}

/** Places by their demands and the keys in use, whose order makes no difference. */
const known = new WeakMap<Engine, Map<string, ObjectPosition>>()
/** Most places that are remembered per engine, and most keys in use. */
const mostKnown = 5_000
const mostKnownKeys = 40

function positionAt(engine: Engine, goals: readonly Formula[], total: Formula, used: Used | undefined): ObjectPosition {
  if (used !== undefined && used.count > mostKnownKeys) return createPosition(engine, goals, total, used)
  let positions = known.get(engine)
  if (positions === undefined || positions.size > mostKnown) known.set(engine, (positions = new Map()))
  const keys: string[] = []
  for (let at = used; at !== undefined; at = at.before) keys.push(at.key)
  const name = `${total.id} ${goals.map((goal) => goal.id).join(' ')} ${JSON.stringify(keys.sort())}`
  let position = positions.get(name)
  if (position === undefined) positions.set(name, (position = createPosition(engine, goals, total, used)))
  return position
}

function createPosition(
  engine: Engine,
  goals: readonly Formula[],
  total: Formula,
  used: Used | undefined,
): ObjectPosition {
  const { obligations } = engine
  const { logic } = obligations
  const index = used === undefined ? 0 : used.count
  const steps = new Map<string, ChildStep<ObjectPosition> | undefined>()
  const demands = new Map<string, Demand | undefined>()
  let tests: KeyTests | undefined
  let names: KeyNames | undefined
  let ended: Verdict | undefined | null = null

  const position: ObjectPosition = {
    kind: 'object',
    total,
    verdict: () => (ended = ended === null ? endVerdict(goals, total) : ended),
    meetingGoals: () => positionAt(engine, goals, logic.and([total, ...goals]), used),
    isUsed,
    isUsedPrefix(text) {
      for (let at = used; at !== undefined; at = at.before) if (at.key.startsWith(text)) return true
      return false
    },
    unused(demand, besides = []) {
      const keys = [...besides]
      for (let at = used; at !== undefined; at = at.before) keys.push(at.key)
      if (keys.length === 0) return engine.textPlan(demand)
      const set = logic.atom(`text-set ${JSON.stringify(keys)}`, () => ({
        kind: 'text-automaton',
        start: textSet(keys),
      }))
      return engine.textPlan(logic.and([demand, logic.not(set)]))
    },
    usedKeys(text) {
      const keys: string[] = []
      for (let at = used; at !== undefined; at = at.before) if (at.key.startsWith(text)) keys.push(at.key)
      return keys
    },
    get names() {
      return (names ??= namesIn(obligations, total))
    },
    get eachKey() {
      const { each } = position.names
      return each.kind === 'constant' ? undefined : engine.textPlan(each).start
    },
    keyExamples: (demand) => engine.keyExamples(demand),
    kindOf(key) {
      const { named, conditions } = (tests ??= keyTests(obligations, [total, ...goals]))
      return named.has(key) ? undefined : conditions.map((condition) => (holdsForText(condition, key) ? 1 : 0)).join('')
    },
    member(key) {
      let step = steps.get(key)
      if (step === undefined && !steps.has(key)) {
        step = isUsed(key) ? undefined : begin(key)
        // Keys that the model makes up are not worth remembering.
        if (steps.size < 1_000) steps.set(key, step)
      }
      return step
    },
  }
  return position

  function isUsed(key: string): boolean {
    for (let at = used; at !== undefined; at = at.before) if (at.key === key) return true
    return false
  }

  /** The same for all keys of a kind. */
  function demandOf(key: string): Demand | undefined {
    const kind = position.kindOf(key)
    if (kind === undefined) return makeDemand(key)
    if (!demands.has(kind)) demands.set(kind, makeDemand(key))
    return demands.get(kind)
  }

  function makeDemand(key: string): Demand | undefined {
    const during = stepMember(obligations, total, key, index)
    if (during === FALSE) return undefined
    const duringGoals = goals.map((goal) => (goal === total ? during : stepMember(obligations, goal, key, index)))
    return { during, duringGoals, plan: engine.planOf(duringGoals, during) }
  }

  function begin(key: string): ChildStep<ObjectPosition> | undefined {
    const demand = demandOf(key)
    if (demand === undefined) return undefined
    const { during, duringGoals, plan } = demand
    const known = new Map<string, ObjectPosition | undefined>()
    return {
      plan,
      compares: false,
      after(verdict) {
        const bits = verdict.join()
        if (!known.has(bits)) known.set(bits, resolve(verdict))
        return known.get(bits)
      },
    }

    function resolve(verdict: Verdict): ObjectPosition | undefined {
      const decide = (formula: Formula) => decideChild(logic, formula, (node) => plan.verdictOn(node, verdict))
      const after = decide(during)
      if (after === FALSE) return undefined
      const afterGoals = duringGoals.map((goal) => (goal === during ? after : decide(goal)))
      return positionAt(engine, afterGoals, after, { key, before: used, count: index + 1 })
    }
  }
}

const knownNames = new WeakMap<Obligations, Map<Formula, KeyNames>>()

function namesIn(obligations: Obligations, total: Formula): KeyNames {
  let known = knownNames.get(obligations)
  if (known === undefined) knownNames.set(obligations, (known = new Map()))
  let names = known.get(total)
  if (names === undefined) known.set(total, (names = findNames(obligations, total)))
  return names
}

/** Names that `propertyNames` spells out. */
function enumerated({ value }: SchemaNode): string[] {
  if (typeof value === 'boolean') return []
  const names = Array.isArray(value['enum']) ? value['enum'] : [value['const']]
  return names.filter((name) => typeof name === 'string')
}

function findNames(obligations: Obligations, total: Formula): KeyNames {
  const { logic, formulaOf } = obligations
  const listed = new Set<string>()
  const required = new Set<string>()
  const patterns = new Set<Formula>()
  for (const atom of atomsOf([total])) {
    if (atom.kind === 'has-key') required.add(atom.name)
    if (atom.kind === 'names') for (const name of enumerated(atom.node)) listed.add(name)
    const nodes = atom.kind === 'members' ? [atom.node] : []
    if (atom.kind === 'unevaluated') nodes.push(...atom.by.map(({ node }) => node))
    for (const node of nodes) {
      const schema = node.value as SchemaObject
      if ('properties' in schema) for (const name of obligations.map(node, 'properties').keys()) listed.add(name)
      if ('patternProperties' in schema) {
        for (const pattern of obligations.map(node, 'patternProperties').keys()) {
          patterns.add(patternFormula(logic, pattern, node.pointer))
        }
      }
    }
  }
  for (const name of required) listed.add(name)
  patterns.delete(FALSE)
  patterns.delete(TRUE)
  const each = logic.and(
    conjuncts(total).flatMap((part) =>
      part.kind === 'atom' && part.atom.kind === 'names' ? [formulaOf(part.atom.node, 'string')] : [],
    ),
  )
  const other = logic.and([each, ...[...patterns].map(logic.not)])
  return {
    listed: [...listed],
    patterns: [...patterns],
    each,
    anyOf: (some, others) => logic.and([each, logic.or([...some, ...(others ? [other] : [])])]),
    other,
    distinctions: distinctionsIn(obligations, total, each),
  }
}

/** Keys that fail all, or one, of the conditions on names that don't hold for every key. */
function distinctionsIn({ logic, formulaOf }: Obligations, total: Formula, each: Formula): Formula[] {
  const conditions = atomsOf([total])
    .flatMap((atom) => (atom.kind === 'names' ? [formulaOf(atom.node, 'string')] : []))
    .filter((condition) => !conjuncts(each).includes(condition) && condition !== each)
  if (conditions.length === 0) return []
  const failing = conditions.map(logic.not)
  return [failing, conditions, ...failing.map((one) => [one])].map((demands) => logic.and([each, ...demands]))
}
