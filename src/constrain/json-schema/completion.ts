/**
 * Short ways to an end, which also tell whether there is one: a schema that no value satisfies is refused by them, and a byte that
 * leads nowhere is illegal. `none` is certain; `unknown` means that the search was given up.
 */
import { distanceToEnd } from './container-atoms.ts'
import { atomsOf, conjuncts, type Formula } from './formula.ts'
import { mostListed, possibleKeys, requiredKey } from './possible-keys.ts'
import type { ArrayPosition, ChildStep, ObjectPosition, ValuePlan } from './plans.ts'
import type { SchemaNode } from './schema-node.ts'
import { arraysOfOne, type Example, exampleFrom, mostCandidates, type Rest, scalars } from './short-examples.ts'

type Position = ArrayPosition | ObjectPosition

type Failure = 'none' | 'unknown'

/** Steps of one search from outside, and searches within searches. */
const mostSteps = 4_000
const mostDepth = 150
/** Places looked at where the way isn't plain. */
const mostPlaces = 60
/** Most items that are found for an array whose items must differ. */
const mostCompared = 40

const examples = new WeakMap<ValuePlan, Example | Failure>()
const rests = new WeakMap<Position, Rest | Failure>()
const inProgress = new Map<ValuePlan | Position, number>()
let steps = 0
/** Depth of the outermost search that an inner one ran into: what fails below it has not failed for good. */
let reachedBack = Infinity

/** A short value for a plan. */
export function exampleOf(plan: ValuePlan): Example | Failure {
  return search(plan, examples, () => scalarExample(plan) ?? containerExample(plan))
}

/** What a container still needs. */
export function restOf(position: Position): Rest | Failure {
  return search(position, rests, () => (position.kind === 'array' ? restOfArray(position) : restOfObject(position)))
}

/** Whether a container can still end, as far as is known. */
export function canEnd(position: Position): boolean {
  return position.verdict() !== undefined || restOf(position) !== 'none'
}

/** The same for a place that a container which could end has come to. */
export function canStillEnd(position: Position): boolean {
  return isPlain(position.total) || (position.kind === 'array' && position.isRoomy) || canEnd(position)
}

const plainFormulas = new WeakMap<Formula, boolean>()

/** Whether children cannot get into each other's way: a container that could end can do so after any child that is allowed. */
export function isPlain(total: Formula): boolean {
  let plain = plainFormulas.get(total)
  if (plain === undefined) {
    const parts = conjuncts(total)
    // Where keys are required, others must leave room for them below a greatest count.
    const isBounded = parts.some((part) => part.kind === 'not') && requiredKey(total) !== undefined
    plain = !isBounded && parts.every(isPlainPart)
    plainFormulas.set(total, plain)
  }
  return plain
}

function isPlainPart(part: Formula): boolean {
  const atom = part.kind === 'not' ? part.operand : part
  if (atom.kind !== 'atom') return false
  switch (atom.atom.kind) {
    case 'items':
    case 'members':
    case 'names':
    case 'has-key':
      return part.kind === 'atom'
    case 'count':
      return true
    default:
      return false
  }
}

/** Whether a value of the plan can stand here and the container still end after it, as far as is known. */
export function canFollow<Place extends Position>(step: ChildStep<Place>): boolean {
  const { plan } = step
  const first = exampleOf(plan)
  if (first === 'none') return false
  if (first === 'unknown') return true
  const after = step.after(first.verdict, first.canonical)
  if (after !== undefined && canStillEnd(after)) return true
  if (isDecided(plan) && !step.compares) return false
  let tried = 0
  for (const example of candidates(plan, true)) {
    const next = step.after(example.verdict, example.canonical)
    if (next !== undefined && canStillEnd(next)) return true
    tried++
  }
  // Of arrays and objects only short ones were tried.
  const others = step.compares && (plan.array !== undefined || plan.object !== undefined)
  return others || plan.leaves.length > 1 || tried >= mostCandidates
}

/** Searches are remembered unless their failure hangs on one that is still going on around them. */
function search<Key extends ValuePlan | Position, Result>(
  key: Key,
  known: WeakMap<Key, Result | Failure>,
  find: () => Result | Failure,
): Result | Failure {
  const before = known.get(key)
  if (before !== undefined) return before
  const around = inProgress.get(key)
  if (around !== undefined) {
    // A value within itself is never the shortest.
    reachedBack = Math.min(reachedBack, around)
    return 'none'
  }
  const depth = inProgress.size
  if (depth === 0) {
    steps = 0
    reachedBack = Infinity
  }
  if (steps++ > mostSteps || depth > mostDepth) return 'unknown'
  const outer = reachedBack
  reachedBack = Infinity
  inProgress.set(key, depth)
  let found: Result | Failure
  try {
    found = find()
  } finally {
    inProgress.delete(key)
  }
  if (found !== 'none' || reachedBack >= depth) known.set(key, found)
  reachedBack = Math.min(outer, reachedBack >= depth ? Infinity : reachedBack)
  return found
}

function scalarExample(plan: ValuePlan): Example | undefined {
  let best: Example | undefined
  for (const example of scalars(plan, 1))
    if (best === undefined || example.text.length < best.text.length) best = example
  return best
}

function containerExample(plan: ValuePlan): Example | Failure {
  let failure: Failure = plan.text?.start === undefined ? 'none' : 'unknown'
  for (const position of [plan.array, plan.object]) {
    if (position === undefined) continue
    const rest = restOf(position)
    if (typeof rest !== 'string') return exampleFrom(position, rest)
    if (rest === 'unknown') failure = 'unknown'
  }
  return failure
}

/** Whether every value of the plan gets the same verdict: all leaves hold. */
function isDecided({ condition, leaves }: ValuePlan): boolean {
  const parts = conjuncts(condition)
  return parts.length === leaves.length && parts.every((part) => part.kind === 'atom')
}

/** Values of all kinds: with each schema in question satisfied, as it comes, with each one not satisfied; then many plain ones. */
export function* candidates(plan: ValuePlan, many: boolean): Iterable<Example> {
  const open = plan.leaves.slice(0, 8)
  const plans = [...open.map((leaf) => plan.fixed(leaf, true)), plan, ...open.map((leaf) => plan.fixed(leaf, false))]
  for (const variant of new Set(plans)) {
    const example = exampleOf(variant)
    if (typeof example !== 'string') yield example
  }
  if (!many) return
  yield* scalars(plan, mostCandidates)
  yield* arraysOfOne(plan)
}

/** As long as there is one way to go it is gone; from there on several are tried. */
function restOfArray(start: ArrayPosition): Rest | Failure {
  const parts: string[] = []
  for (let position = start; ;) {
    const verdict = position.verdict()
    if (verdict !== undefined) return { parts, verdict }
    const step = position.item()
    if (step === undefined) return 'none'
    const next = onlyWay(step, position.comparesItems)
    if (next === 'branch') {
      if (position.comparesItems && position.lacking > mostCompared) return 'unknown'
      return prepend(parts, (position.comparesItems ? firstWay(position) : undefined) ?? explore(position))
    }
    if (typeof next === 'string') return next
    if (steps++ > mostSteps) return 'unknown'
    parts.push(next.text)
    position = next.after
  }
}

function restOfObject(start: ObjectPosition): Rest | Failure {
  const parts: string[] = []
  for (let position = start; ;) {
    const verdict = position.verdict()
    if (verdict !== undefined) return { parts, verdict }
    if (steps++ > mostSteps) return 'unknown'
    const key = requiredKey(position.total) ?? freshKey(position)
    if (key === undefined) return prepend(parts, explore(position))
    const step = position.member(key)
    if (step === undefined) return 'none'
    const next = onlyWay(step, false)
    if (next === 'branch') return prepend(parts, explore(position))
    if (typeof next === 'string') return next
    parts.push(`${JSON.stringify(key)}:${next.text}`)
    position = next.after
  }
}

/** A key that some value may follow, where it makes no difference which one comes next. */
function freshKey(position: ObjectPosition): string | undefined {
  if (!isPlain(position.total)) return undefined
  for (const key of possibleKeys(position)) {
    const step = position.member(key)
    if (step !== undefined && typeof onlyWay(step, false) !== 'string') return key
  }
  return undefined
}

/** By one value after the other that differs from those before; undefined where that leads nowhere, though others may. */
function firstWay(start: ArrayPosition): Rest | undefined {
  const parts: string[] = []
  for (let position = start; ;) {
    const verdict = position.verdict()
    if (verdict !== undefined) return { parts, verdict }
    const step = position.item()
    if (step === undefined || parts.length === start.lacking) return undefined
    const example = exampleOf(step.plan)
    if (typeof example === 'string') return undefined
    const after = step.after(example.verdict, example.canonical)
    if (after === undefined) return undefined
    parts.push(example.text)
    position = after
  }
}

function prepend(parts: readonly string[], rest: Rest | Failure): Rest | Failure {
  return typeof rest === 'string' ? rest : { parts: [...parts, ...rest.parts], verdict: rest.verdict }
}

/** Where one value is as good as another, a short one and the place after it. */
function onlyWay<Place>(
  step: ChildStep<Place>,
  comparesItems: boolean,
): { readonly text: string; readonly after: Place } | 'branch' | Failure {
  if (comparesItems || !isDecided(step.plan)) return 'branch'
  const example = exampleOf(step.plan)
  if (typeof example === 'string') return example
  const after = step.after(example.verdict, undefined)
  return after === undefined ? 'none' : { text: example.text, after }
}

interface Move {
  readonly part: string
  /** Undefined where the container cannot go on so. */
  readonly next: Position | undefined
  /** Whether the moves by this child are all that can come of it: asked only where none of them led to an end. */
  readonly only: () => boolean
}

/** A place come to, whose moves are tried one by one. */
interface Visit {
  readonly position: Position
  readonly from: Visit | undefined
  /** What led here. */
  readonly part: string
  readonly distance: number
  readonly moves: Iterator<Move>
}

/** From the place that seems nearest to an end, one move at a time, over places that demand different things. */
function explore(start: Position): Rest | Failure {
  const counts = atomsOf([start.total]).some((atom) => atom.kind === 'count')
  const seen = new Set<string>()
  const doubts: (() => boolean)[] = []
  let certain = true
  let places = 0
  const visit = (position: Position, from: Visit | undefined, part: string): Visit => {
    places++
    certain &&= allMovesKnown(position)
    const moves = position.kind === 'array' ? itemMoves(position) : memberMoves(position)
    return { position, from, part, distance: distanceToEnd(position.total), moves: moves[Symbol.iterator]() }
  }
  const open = [visit(start, undefined, '')]
  while (open.length > 0) {
    const at = open.reduce((best, other) => (other.distance < best.distance ? other : best))
    const { value: move, done } = at.moves.next() as IteratorResult<Move, undefined>
    if (done === true) {
      open.splice(open.indexOf(at), 1)
      continue
    }
    const { next, only } = move
    if (only !== always) doubts.push(only)
    if (next === undefined) continue
    if (steps++ > mostSteps) return 'unknown'
    const rest = knownRest(next)
    if (rest !== undefined && rest !== 'none') return restThrough(at, move.part, rest)
    const key = counts ? `${next.total.id} ${depthOf(at)}` : String(next.total.id)
    if (rest === 'none' || seen.has(key)) continue
    seen.add(key)
    if (places <= mostPlaces) open.push(visit(next, at, move.part))
    else certain = false
  }
  return certain && doubts.every((isDispelled) => isDispelled()) ? 'none' : 'unknown'
}

const always = (): boolean => true

function depthOf(visit: Visit): number {
  return visit.from === undefined ? 0 : depthOf(visit.from) + 1
}

function knownRest(position: Position): Rest | 'none' | undefined {
  const verdict = position.verdict()
  if (verdict !== undefined) return { parts: [], verdict }
  const rest = rests.get(position)
  return rest === 'unknown' ? undefined : rest
}

/** What is needed from the start of a search; the places in between are given their part of it. */
function restThrough(last: Visit, part: string, { parts, verdict }: Rest): Rest {
  let rest: Rest = { parts: [part, ...parts], verdict }
  for (let at = last; at.from !== undefined; at = at.from) {
    rests.set(at.position, rest)
    rest = { parts: [at.part, ...rest.parts], verdict }
  }
  return rest
}

/** Whether the moves looked at stand for all there are. */
function allMovesKnown(position: Position): boolean {
  if (position.kind === 'array') return !position.comparesItems
  const { listed, patterns, each, distinctions } = position.names
  const unconditional = patterns.length === 0 && each.kind === 'constant' && distinctions.length === 0
  return unconditional && listed.length <= mostListed
}

function* itemMoves(position: ArrayPosition): Iterable<Move> {
  const step = position.item()
  if (step !== undefined) yield* movesBy(step, position.comparesItems, (text) => text)
}

function* memberMoves(position: ObjectPosition): Iterable<Move> {
  const required = requiredKey(position.total)
  for (const key of required === undefined ? possibleKeys(position) : [required]) {
    const step = position.member(key)
    if (step !== undefined) yield* movesBy(step, false, (text) => `${JSON.stringify(key)}:${text}`)
  }
}

function* movesBy<Place extends Position>(
  step: ChildStep<Place>,
  many: boolean,
  write: (text: string) => string,
): Iterable<Move> {
  const { plan } = step
  const example = exampleOf(plan)
  if (example === 'none') return
  // With one schema in question its two verdicts are all that can come out.
  const isOnly = isDecided(plan) || plan.leaves.length <= 1
  const only = (): boolean => isOnly && example !== 'unknown' && plan.leaves.every((leaf) => knownBothWays(plan, leaf))
  yield { part: '', next: undefined, only }
  for (const { text, verdict, canonical } of candidates(plan, many)) {
    yield { part: write(text), next: step.after(verdict, canonical), only: always }
  }
}

function knownBothWays(plan: ValuePlan, leaf: SchemaNode): boolean {
  return exampleOf(plan.fixed(leaf, true)) !== 'unknown' && exampleOf(plan.fixed(leaf, false)) !== 'unknown'
}
