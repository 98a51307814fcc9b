/** Plans of values: what each type of value would have to satisfy, worked out when it is asked for. */
import { startArray } from './array-position.ts'
import { atomsOf, FALSE, type Formula, TRUE } from './formula.ts'
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
    if (plan === undefined) plans.set(key, (plan = createPlan(plans.size, leaves, condition)))
    return plan
  }

  function createPlan(id: number, leaves: readonly SchemaNode[], condition: Formula): ValuePlan {
    const indexOf = new Map(leaves.map((leaf, index) => [leaf, index]))
    const text = once(() => withGoals('string', texts, (goals, total) => createTextPlan(logic, goals, total)))
    const number = once(() =>
      withGoals('number', numbers, (goals, total) => createNumberPlan(logic, goals, total, mostDigits)),
    )
    const array = once(() => withGoals('array', arrays, (goals, total) => startArray(engine, goals, total)))
    const object = once(() => withGoals('object', objects, (goals, total) => startObject(engine, goals, total)))
    const literals = new Map<ValueType, Verdict | undefined>()
    return {
      id,
      leaves,
      condition,
      get null() {
        return literal('null')
      },
      get true() {
        return literal('true')
      },
      get false() {
        return literal('false')
      },
      get text() {
        return text()
      },
      get number() {
        return number()
      },
      get array() {
        return array()
      },
      get object() {
        return object()
      },
      verdictOn: (leaf, verdict) => verdict[indexOf.get(leaf) as number],
      fixed(leaf, satisfied) {
        const fact = satisfied ? leafOf(leaf) : logic.not(leafOf(leaf))
        return intern(leaves, logic.and([condition, fact]))
      },
      goalsFor,
    }

    function goalsFor(type: ValueType): { goals: readonly Formula[]; total: Formula } {
      const goals = leaves.map((leaf) => formulaOf(leaf, type))
      const total = logic.rewrite(condition, (atom, whole) => {
        if (atom.kind !== 'schema') return whole
        return goals[indexOf.get(atom.node) as number]
      })
      return { goals, total }
    }

    function literal(type: 'null' | 'true' | 'false'): Verdict | undefined {
      if (!literals.has(type)) {
        const { goals, total } = goalsFor(type)
        literals.set(type, total === TRUE ? goals.map((goal) => goal === TRUE) : undefined)
      }
      return literals.get(type)
    }

    /** Different plans often come to the same demands on a type: those share what is found out about them. */
    function withGoals<Typed>(
      type: ValueType,
      known: Map<string, Typed>,
      create: (goals: readonly Formula[], total: Formula) => Typed,
    ): Typed | undefined {
      const { goals, total } = goalsFor(type)
      if (total === FALSE) return undefined
      const key = `${total.id} ${goals.map((goal) => goal.id).join(' ')}`
      let typed = known.get(key)
      if (typed === undefined) known.set(key, (typed = create(goals, total)))
      return typed
    }
  }
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined
  return () => (made ??= { value: make() }).value
}
