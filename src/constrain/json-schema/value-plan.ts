/** Plans of values: what each type of value would have to satisfy, worked out when it is asked for. */
import { startArray } from './array-position.ts'
import { atomsOf, FALSE, type Formula, type Logic, TRUE } from './formula.ts'
import { createNumberPlan, type NumberPlan } from './number-plan.ts'
import { startObject } from './object-position.ts'
import type { Obligations, ValueType } from './obligations.ts'
import type { ArrayPosition, Engine, KeyExamples, ObjectPosition, ValuePlan, Verdict } from './plans.ts'
import type { SchemaNode } from './schema-node.ts'
import { mostPlainDigits, type Style } from './style.ts'
import { createTextPlan, type TextPlan } from './text-plan.ts'

const mostExamples = 32

export function createEngine(obligations: Obligations, style: Style): Engine & { readonly root: ValuePlan } {
  const { logic, document, leafOf, formulaOf } = obligations
  const plans = new Map<string, ValuePlan>()
  const texts = new Map<string, TextPlan>()
  const numbers = new Map<string, NumberPlan>()
  const objects = new Map<string, ObjectPosition>()
  const arrays = new Map<string, ArrayPosition>()
  const examples = new Map<Formula, KeyExamples>()
  const mostDigits = style.plainNumbers ? mostPlainDigits : 40
  const engine: Engine = { obligations, style, planOf, textPlan, keyExamples }
  const shop = { engine, logic, formulaOf, leafOf, intern, mostDigits, texts, numbers, objects, arrays }
  const rootLeaf = leafOf(document.root)
  return { ...engine, root: planOf([rootLeaf], rootLeaf) }

  function textPlan(formula: Formula): TextPlan {
    const key = `${formula.id} `
    let plan = texts.get(key)
    if (plan === undefined) texts.set(key, (plan = createTextPlan(logic, [], formula)))
    return plan
  }

  function keyExamples(formula: Formula): KeyExamples {
    let known = examples.get(formula)
    if (known === undefined) {
      const { texts, complete } = textPlan(formula).examples(mostExamples)
      known = { keys: texts.map((codes) => String.fromCodePoint(...codes)), complete }
      examples.set(formula, known)
    }
    return known
  }

  function planOf(goals: readonly Formula[], total: Formula): ValuePlan {
    const isSchema = (atom: { readonly kind: string }) => atom.kind === 'schema'
    const condition = logic.project(total, isSchema)
    const leaves = atomsOf([condition, ...goals, total]).flatMap((atom) => (atom.kind === 'schema' ? [atom.node] : []))
    return intern(leaves, condition)
  }

  function intern(leaves: readonly SchemaNode[], condition: Formula): ValuePlan {
    const key = `${condition.id} ${leaves.map((leaf) => leaf.id).join(' ')}`
    let plan = plans.get(key)
    if (plan === undefined) plans.set(key, (plan = new Plan(shop, plans.size, leaves, condition)))
    return plan
  }
}

/** What the plans of one engine share. */
interface Workshop {
  readonly engine: Engine
  readonly logic: Logic
  readonly formulaOf: Obligations['formulaOf']
  readonly leafOf: Obligations['leafOf']
  readonly intern: (leaves: readonly SchemaNode[], condition: Formula) => ValuePlan
  readonly mostDigits: number
  readonly texts: Map<string, TextPlan>
  readonly numbers: Map<string, NumberPlan>
  readonly objects: Map<string, ObjectPosition>
  readonly arrays: Map<string, ArrayPosition>
}

/** A class, since there are many plans and few of their fields are asked for. */
class Plan implements ValuePlan {
  readonly id: number
  readonly leaves: readonly SchemaNode[]
  readonly condition: Formula
  private readonly known = new Map<ValueType, unknown>()

  private readonly shop: Workshop

  constructor(shop: Workshop, id: number, leaves: readonly SchemaNode[], condition: Formula) {
    this.shop = shop
    this.id = id
    this.leaves = leaves
    this.condition = condition
  }

  get null(): Verdict | undefined {
    return this.once('null', () => this.literal('null'))
  }

  get true(): Verdict | undefined {
    return this.once('true', () => this.literal('true'))
  }

  get false(): Verdict | undefined {
    return this.once('false', () => this.literal('false'))
  }

  get text(): TextPlan | undefined {
    return this.once('string', () =>
      this.shared('string', this.shop.texts, (goals, total) => createTextPlan(this.shop.logic, goals, total)),
    )
  }

  get number(): NumberPlan | undefined {
    return this.once('number', () =>
      this.shared('number', this.shop.numbers, (goals, total) =>
        createNumberPlan(this.shop.logic, goals, total, this.shop.mostDigits),
      ),
    )
  }

  get array(): ArrayPosition | undefined {
    return this.once('array', () =>
      this.shared('array', this.shop.arrays, (goals, total) => startArray(this.shop.engine, goals, total)),
    )
  }

  get object(): ObjectPosition | undefined {
    return this.once('object', () =>
      this.shared('object', this.shop.objects, (goals, total) => startObject(this.shop.engine, goals, total)),
    )
  }

  verdictOn(leaf: SchemaNode, verdict: Verdict): boolean {
    return verdict[this.leaves.indexOf(leaf)]
  }

  fixed(leaf: SchemaNode, satisfied: boolean): ValuePlan {
    const { logic, leafOf, intern } = this.shop
    const fact = satisfied ? leafOf(leaf) : logic.not(leafOf(leaf))
    return intern(this.leaves, logic.and([this.condition, fact]))
  }

  goalsFor(type: ValueType): { goals: readonly Formula[]; total: Formula } {
    const goals = this.leaves.map((leaf) => this.shop.formulaOf(leaf, type))
    const total = this.shop.logic.rewrite(this.condition, (atom, whole) =>
      atom.kind === 'schema' ? goals[this.leaves.indexOf(atom.node)] : whole,
    )
    return { goals, total }
  }

  private once<Typed>(type: ValueType, make: () => Typed): Typed {
    if (!this.known.has(type)) this.known.set(type, make())
    return this.known.get(type) as Typed
  }

  private literal(type: ValueType): Verdict | undefined {
    const { goals, total } = this.goalsFor(type)
    return total === TRUE ? goals.map((goal) => goal === TRUE) : undefined
  }

  /** Different plans often come to the same demands on a type: those share what is found out about them. */
  private shared<Typed>(
    type: ValueType,
    known: Map<string, Typed>,
    create: (goals: readonly Formula[], total: Formula) => Typed,
  ): Typed | undefined {
    const { goals, total } = this.goalsFor(type)
    if (total === FALSE) return undefined
    const key = `${total.id} ${goals.map((goal) => goal.id).join(' ')}`
    let typed = known.get(key)
    if (typed === undefined) known.set(key, (typed = create(goals, total)))
    return typed
  }
}
