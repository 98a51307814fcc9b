/** What a compiled schema consists of while it is followed: plans for values, places within arrays and objects. Interfaces only. */
import type { Formula } from './formula.ts'
import type { NumberPlan } from './number-plan.ts'
import type { Obligations, ValueType } from './obligations.ts'
import type { SchemaNode } from './schema-node.ts'
import type { TextPlan, TextPosition } from './text-plan.ts'
import type { Style } from './style.ts'

/** Which goals a value satisfies, in the order of the plan's leaves. */
export type Verdict = readonly boolean[]

export interface Engine {
  readonly obligations: Obligations
  readonly style: Style
  /** The plan of a child that formulas with schema atoms await. */
  planOf(goals: readonly Formula[], total: Formula): ValuePlan
  /** Texts that satisfy a formula over string atoms. */
  textPlan(formula: Formula): TextPlan
  /** Some of these texts. */
  keyExamples(formula: Formula): KeyExamples
}

/** A value whose type isn't known yet. Plans with the same demands are the same object. */
export interface ValuePlan {
  readonly id: number
  /** The schemas that somebody wants to know about. */
  readonly leaves: readonly SchemaNode[]
  /** What must become of them. */
  readonly condition: Formula
  /** Whether a type is possible and what it demands; undefined where no value of that type will do. */
  readonly null: Verdict | undefined
  readonly true: Verdict | undefined
  readonly false: Verdict | undefined
  readonly text: TextPlan | undefined
  readonly number: NumberPlan | undefined
  readonly array: ArrayPosition | undefined
  readonly object: ObjectPosition | undefined
  verdictOn(leaf: SchemaNode, verdict: Verdict): boolean
  /** The same plan with one leaf fixed. */
  fixed(leaf: SchemaNode, satisfied: boolean): ValuePlan
  goalsFor(type: ValueType): { readonly goals: readonly Formula[]; readonly total: Formula }
}

/** A child begun: what it has to be, and the place after it. */
export interface ChildStep<Position> {
  readonly plan: ValuePlan
  /** Whether the child is compared with others, so that no value stands for all with the same verdict. */
  readonly compares: boolean
  /** Undefined where the container cannot go on with such a child. `canonical` is needed where items are compared. */
  after(verdict: Verdict, canonical: string | undefined): Position | undefined
}

export interface ArrayPosition {
  readonly kind: 'array'
  /** What the whole array still has to satisfy. */
  readonly total: Formula
  /** Whether items are compared with each other, so that their content has to be kept. */
  readonly comparesItems: boolean
  /** Items that the array lacks by its least count. */
  readonly lacking: number
  /** Whether all items that it lacks can differ from each other and from those before, as is plain without a search. */
  readonly isRoomy: boolean
  /** The verdict if the array ended here; undefined where it may not. */
  verdict(): Verdict | undefined
  /** The same place where all goals have to be met. */
  meetingGoals(): ArrayPosition
  item(): ChildStep<ArrayPosition> | undefined
}

export interface ObjectPosition {
  readonly kind: 'object'
  readonly total: Formula
  verdict(): Verdict | undefined
  /** The same place where all goals have to be met. */
  meetingGoals(): ObjectPosition
  /** Undefined where no member may have that key here. */
  member(key: string): ChildStep<ObjectPosition> | undefined
  /** Keys of the same kind demand the same of their member; undefined for a name that something depends on. */
  kindOf(key: string): string | undefined
  isUsed(key: string): boolean
  /** Whether a key in use begins so. */
  isUsedPrefix(text: string): boolean
  /** The keys used that begin with `text`. */
  usedKeys(text: string): readonly string[]
  /** Keys that satisfy a demand, are not in use and none of `besides`. */
  unused(demand: Formula, besides?: readonly string[]): TextPlan
  readonly names: KeyNames
  /** Before a key, as far as what every key has to satisfy goes; undefined where that is nothing. */
  readonly eachKey: TextPosition | undefined
  /** Some texts that satisfy a formula on keys. */
  keyExamples(demand: Formula): KeyExamples
}

export interface KeyExamples {
  readonly keys: readonly string[]
  /** Whether there are no others. */
  readonly complete: boolean
}

/** What is known about an object's keys. */
export interface KeyNames {
  /** Required or described by name, in schema order. */
  readonly listed: readonly string[]
  /** Patterns of `patternProperties`. */
  readonly patterns: readonly Formula[]
  /** What every key has to satisfy as a text. */
  readonly each: Formula
  /** What a key has to satisfy to match one of `patterns`, or, with `others`, none. */
  anyOf(patterns: readonly Formula[], others: boolean): Formula
  /** Texts that conditions (`not`, `anyOf`, ...) on the names of keys tell apart. */
  readonly distinctions: readonly Formula[]
  /** What keys that are neither listed nor match a pattern have to satisfy. */
  readonly other: Formula
}
