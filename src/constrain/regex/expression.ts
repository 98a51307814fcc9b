/**
 * Regular expressions as hash-consed values over character classes, with intersection and complement. Constructors simplify, so that
 * the derivatives of an expression are few: equal languages mostly become the same object.
 */
import { OstroError } from '../../util/error.ts'

export type Expression = { readonly id: number; readonly nullable: boolean; readonly derivatives: Expression[] } & (
  | { readonly kind: 'nothing' }
  | { readonly kind: 'empty' }
  /** One character of these classes, sorted. */
  | { readonly kind: 'set'; readonly classes: readonly number[]; readonly has: Uint8Array }
  | { readonly kind: 'sequence'; readonly first: Expression; readonly rest: Expression }
  /** At least two, sorted by id. */
  | { readonly kind: 'union'; readonly items: readonly Expression[] }
  | { readonly kind: 'intersection'; readonly items: readonly Expression[] }
  | { readonly kind: 'complement'; readonly body: Expression }
  /** What `unfold` gives; it may lead back here, but not before a character. */
  | { readonly kind: 'loop'; readonly unfold: () => Expression }
  /** `max` may be Infinity. Where the body is nullable, `min` is 0. */
  | { readonly kind: 'repeat'; readonly body: Expression; readonly min: number; readonly max: number }
)

export interface Expressions {
  readonly nothing: Expression
  readonly empty: Expression
  /** Any text at all. */
  readonly anything: Expression
  set(classes: readonly number[]): Expression
  sequence(first: Expression, rest: Expression): Expression
  union(items: readonly Expression[]): Expression
  intersection(items: readonly Expression[]): Expression
  complement(body: Expression): Expression
  repeat(body: Expression, min: number, max: number): Expression
  loop(nullable: boolean, unfold: () => Expression): Expression
  /** What may follow a character of that class (Brzozowski 1964; unions are spread over sequences as in Antimirov 1996). */
  derivative(expression: Expression, characterClass: number): Expression
}

/** Most expressions remembered for sharing; beyond, sharing starts anew. */
const MOST_SHARED = 100_000
/** Most ways at once in which a text may match so far. */
const MOST_ALTERNATIVES = 1_000

/** Expressions over `classes` character classes; `any` are the classes that occur in texts. */
export function createExpressions(classes: number, any: readonly number[]): Expressions {
  let ids = 0
  const shared = new Map<string, Expression>()
  const nothing: Expression = { kind: 'nothing', id: ids++, nullable: false, derivatives: [] }
  const empty: Expression = { kind: 'empty', id: ids++, nullable: true, derivatives: [] }

  function share(key: string, make: (id: number) => Expression): Expression {
    let found = shared.get(key)
    if (!found) {
      if (shared.size >= MOST_SHARED) shared.clear()
      shared.set(key, (found = make(ids++)))
    }
    return found
  }

  function set(members: readonly number[]): Expression {
    if (members.length === 0) return nothing
    return share(`s${members.join()}`, (id) => {
      const has = new Uint8Array(classes)
      for (const member of members) has[member] = 1
      return { kind: 'set', id, nullable: false, derivatives: [], classes: members, has }
    })
  }

  function sequence(first: Expression, rest: Expression): Expression {
    if (first === nothing || rest === nothing) return nothing
    if (first === empty) return rest
    if (rest === empty) return first
    if (first.kind === 'sequence') {
      const heads: Expression[] = []
      let tail: Expression = first
      while (tail.kind === 'sequence') {
        heads.push(tail.first)
        tail = tail.rest
      }
      let built = sequence(tail, rest)
      while (heads.length > 0) built = sequence(heads.pop() as Expression, built)
      return built
    }
    const merged = mergeCounts(first, rest.kind === 'sequence' ? rest.first : rest)
    if (merged) return rest.kind === 'sequence' ? sequence(merged, rest.rest) : merged
    return share(`c${first.id}.${rest.id}`, (id) => ({
      kind: 'sequence',
      id,
      nullable: first.nullable && rest.nullable,
      derivatives: [],
      first,
      rest,
    }))
  }

  /** x{a,b} x{c,d} is x{a+c,b+d}. */
  function mergeCounts(left: Expression, right: Expression): Expression | undefined {
    const first = countOf(left)
    const second = countOf(right)
    if (first.body !== second.body || (left.kind !== 'repeat' && right.kind !== 'repeat')) return undefined
    return repeat(first.body, first.min + second.min, first.max + second.max)
  }

  function union(items: readonly Expression[]): Expression {
    const flat = new Set<Expression>()
    const members = new Set<number>()
    for (const item of items) {
      for (const part of item.kind === 'union' ? item.items : [item]) {
        if (part.kind === 'set') for (const member of part.classes) members.add(member)
        else if (part !== nothing) flat.add(part)
      }
    }
    if (flat.has(anything)) return anything
    if (members.size > 0) flat.add(set([...members].sort((left, right) => left - right)))
    const kept = dropCovered(mergeAlternatives(flat))
    if (kept.length === 0) return nothing
    if (kept.length === 1) return kept[0]
    if (kept.length > MOST_ALTERNATIVES) throw tooAmbiguous()
    kept.sort((left, right) => left.id - right.id)
    return share(`u${kept.map(({ id }) => id).join()}`, (id) => ({
      kind: 'union',
      id,
      nullable: kept.some(({ nullable }) => nullable),
      derivatives: [],
      items: kept,
    }))
  }

  /** x{a,b}t | x{c,d}t is x{min,max}t where the counts overlap or touch: what keeps counters from multiplying. */
  function mergeAlternatives(items: ReadonlySet<Expression>): Set<Expression> {
    const groups = new Map<
      string,
      { body: Expression; tail: Expression; min: number; max: number; from: Expression }[]
    >()
    const merged = new Set<Expression>()
    let counted = 0
    for (const item of items) if (headOf(item).kind === 'repeat') counted++
    if (counted < 2) return new Set(items)
    for (const item of items) {
      const head = headOf(item)
      if (head.kind !== 'repeat') {
        merged.add(item)
        continue
      }
      const tail = item.kind === 'sequence' ? item.rest : empty
      const key = `${head.body.id}.${tail.id}`
      const group = groups.get(key)
      const entry = { body: head.body, tail, min: head.min, max: head.max, from: item }
      if (group) group.push(entry)
      else groups.set(key, [entry])
    }
    for (const group of groups.values()) {
      group.sort((left, right) => left.min - right.min)
      let current = group[0]
      for (const next of group.slice(1)) {
        if (next.min <= current.max + 1) {
          const max = Math.max(current.max, next.max)
          current = { ...current, max, from: sequence(repeat(current.body, current.min, max), current.tail) }
        } else {
          merged.add(current.from)
          current = next
        }
      }
      merged.add(current.from)
    }
    return merged
  }

  /** Drops `empty` beside something nullable, and t beside x{0,n}t. */
  function dropCovered(items: Set<Expression>): Expression[] {
    const kept = [...items]
    for (const item of kept) {
      const head = headOf(item)
      if (item.kind === 'sequence' && head.kind === 'repeat' && head.min === 0) items.delete(item.rest)
      if (item !== empty && item.nullable) items.delete(empty)
    }
    return items.size === kept.length ? kept : [...items]
  }

  function intersection(items: readonly Expression[]): Expression {
    const flat = new Set<Expression>()
    for (const item of items) {
      for (const part of item.kind === 'intersection' ? item.items : [item]) if (part !== anything) flat.add(part)
    }
    if (flat.has(nothing)) return nothing
    if (flat.has(empty)) return [...flat].every(({ nullable }) => nullable) ? empty : nothing
    const kept = [...flat].sort((left, right) => left.id - right.id)
    if (kept.length === 0) return anything
    if (kept.length === 1) return kept[0]
    return share(`i${kept.map(({ id }) => id).join()}`, (id) => ({
      kind: 'intersection',
      id,
      nullable: kept.every(({ nullable }) => nullable),
      derivatives: [],
      items: kept,
    }))
  }

  function complement(body: Expression): Expression {
    if (body.kind === 'complement') return body.body
    if (body === nothing) return anything
    if (body === anything) return nothing
    return share(`n${body.id}`, (id) => ({ kind: 'complement', id, nullable: !body.nullable, derivatives: [], body }))
  }

  function repeat(body: Expression, min: number, max: number): Expression {
    if (max === 0 || body === empty) return empty
    if (body === nothing) return min === 0 ? empty : nothing
    if (min === 1 && max === 1) return body
    const least = body.nullable ? 0 : min
    if (body.kind === 'repeat' && max === Infinity && least === 0 && body.min <= 1)
      return repeat(body.body, 0, Infinity)
    if (body.kind === 'union' && least === 0 && body.items.includes(empty)) {
      return repeat(union(body.items.filter((item) => item !== empty)), 0, max)
    }
    return share(`r${body.id}.${least}.${max}`, (id) => ({
      kind: 'repeat',
      id,
      nullable: least === 0,
      derivatives: [],
      body,
      min: least,
      max,
    }))
  }

  function derivative(expression: Expression, characterClass: number): Expression {
    return (expression.derivatives[characterClass] ??= derive(expression, characterClass))
  }

  function derive(expression: Expression, character: number): Expression {
    switch (expression.kind) {
      case 'nothing':
      case 'empty':
        return nothing
      case 'set':
        return expression.has[character] === 1 ? empty : nothing
      case 'sequence': {
        const ways: Expression[] = []
        let at: Expression = expression
        while (at.kind === 'sequence') {
          spread(derivative(at.first, character), at.rest, ways)
          if (!at.first.nullable) break
          at = at.rest
        }
        if (at.kind !== 'sequence') ways.push(derivative(at, character))
        return union(ways)
      }
      case 'repeat': {
        const ways: Expression[] = []
        const again = repeat(expression.body, Math.max(0, expression.min - 1), expression.max - 1)
        spread(derivative(expression.body, character), again, ways)
        return union(ways)
      }
      case 'union':
        return union(expression.items.map((item) => derivative(item, character)))
      case 'intersection':
        return intersection(expression.items.map((item) => derivative(item, character)))
      case 'complement':
        return complement(derivative(expression.body, character))
      case 'loop':
        return derivative(expression.unfold(), character)
      default:
        return expression satisfies never
    }
  }

  function spread(head: Expression, tail: Expression, ways: Expression[]): void {
    if (head.kind === 'union') for (const item of head.items) ways.push(sequence(item, tail))
    else ways.push(sequence(head, tail))
  }

  function loop(nullable: boolean, unfold: () => Expression): Expression {
    let unfolded: Expression | undefined
    return { kind: 'loop', id: ids++, nullable, derivatives: [], unfold: () => (unfolded ??= unfold()) }
  }

  const anything = repeat(set(any), 0, Infinity)
  return { nothing, empty, anything, set, sequence, union, intersection, complement, repeat, loop, derivative }
}

function headOf(expression: Expression): Expression {
  return expression.kind === 'sequence' ? expression.first : expression
}

function countOf(expression: Expression): { body: Expression; min: number; max: number } {
  return expression.kind === 'repeat' ? expression : { body: expression, min: 1, max: 1 }
}

function tooAmbiguous(): OstroError {
  return new OstroError(
    'unsupported',
    `regular expression: expected at most ${MOST_ALTERNATIVES} ways to match a text so far, got more. Make the repeated parts end differently.`,
    { limit: MOST_ALTERNATIVES },
  )
}
