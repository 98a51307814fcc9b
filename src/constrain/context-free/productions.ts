/** Flattens rules into productions: numbered symbols, repetitions as rules of their own, nothing that cannot produce a text. */
import { OstroError } from '../../util/error.ts'
import type { State } from '../grammar.ts'
import { compileSyntax } from '../regex/index.ts'
import type { Syntax } from '../regex/syntax.ts'
import { inlineRegularRules } from './inline.ts'
import type { Body, Rules } from './rules.ts'

/** What stands at a place of a production. */
export type Symbol = { readonly rule: number } | { readonly text: State }

/** A place within a production: before `symbol`, or at its end. */
export interface Position {
  readonly id: number
  /** The rule that the production belongs to. */
  readonly rule: number
  readonly symbol: Symbol | undefined
  /** The place behind the symbol. */
  readonly next: Position | undefined
  /** Fewest bytes from here to the end of the production. */
  readonly cost: number
  /** The rule behind this place returns to where its own caller does: a right recursion, which then needs no stack. */
  readonly isTailCall: boolean
}

export interface Productions {
  readonly start: number
  /** Rule -> the first place of each of its productions. */
  readonly rules: readonly (readonly Position[])[]
  readonly nullable: readonly boolean[]
  /** A shortest text of the rule. */
  shortest(rule: number): Uint8Array
}

const MOST_PRODUCTIONS = 20_000
/** Most copies of a body that is repeated a fixed number of times and needs a stack. */
const MOST_COPIES = 1_000

/** @throws OstroError('invalid-argument') where no text matches, OstroError('unsupported') beyond the limits of size */
export function flatten(rules: Rules): Productions {
  const { start, alternatives } = numberRules(inlineRegularRules(rules))
  const { costs, ways } = cheapest(alternatives)
  if (costs[start] === Infinity) {
    throw new OstroError(
      'invalid-argument',
      'grammar: expected rules that some text matches, got ones that none does. Give every recursive rule an alternative that ends.',
    )
  }
  const nullable = findNullable(alternatives)
  const inLoop = findTailLoops(alternatives)
  let ids = 0
  const positions = alternatives.map((options, rule) =>
    options
      .filter((symbols) => symbols.every((symbol) => costOf(symbol, costs) < Infinity))
      .map((symbols) => {
        let next: Position = { id: ids++, rule, symbol: undefined, next: undefined, cost: 0, isTailCall: false }
        for (const [back, symbol] of [...symbols].reverse().entries()) {
          const isTailCall = back === 0 && 'rule' in symbol && inLoop(rule, symbol.rule)
          next = { id: ids++, rule, symbol, next, cost: next.cost + costOf(symbol, costs), isTailCall }
        }
        return next
      }),
  )
  return { start, rules: positions, nullable, shortest: (rule) => spellShortest(rule, ways) }
}

type Alternatives = readonly (readonly (readonly Symbol[])[])[]

function numberRules({ start, bodies }: Rules): { start: number; alternatives: Alternatives } {
  const numbers = new Map<string, number>()
  const alternatives: Symbol[][][] = []
  const pending: { rule: number; body: Body }[] = []
  const texts = new Map<Syntax, State | undefined>()
  let productions = 0

  const ruleOf = (name: string): number => {
    let rule = numbers.get(name)
    if (rule === undefined) {
      numbers.set(name, (rule = alternatives.push([]) - 1))
      const body = bodies.get(name)
      if (!body) throw new TypeError(`rule ${name} has no body`)
      pending.push({ rule, body })
    }
    return rule
  }
  const newRule = (options: Symbol[][]): Symbol => ({ rule: alternatives.push(options) - 1 })
  const stateOf = (syntax: Syntax): State | undefined => {
    if (!texts.has(syntax)) texts.set(syntax, compileSyntax(syntax)?.start)
    return texts.get(syntax)
  }

  /** The symbols of each way to write `body`. */
  function ways(body: Body): Symbol[][] {
    if (++productions > MOST_PRODUCTIONS) throw tooLarge(`${MOST_PRODUCTIONS} productions`)
    switch (body.kind) {
      case 'text': {
        const text = stateOf(body.syntax)
        return text ? [[{ text }]] : []
      }
      case 'rule':
        return [[{ rule: ruleOf(body.name) }]]
      case 'sequence':
        return [body.parts.map(single)]
      case 'alternation':
        return body.options.flatMap(ways)
      case 'repeat':
        return repeats(body.body, body.min, body.max)
      default:
        return body satisfies never
    }
  }

  function single(body: Body): Symbol {
    const options = ways(body)
    return options.length === 1 && options[0].length === 1 ? options[0][0] : newRule(options)
  }

  function repeats(body: Body, min: number, max: number): Symbol[][] {
    const copies = max === Infinity ? min : max
    if (copies > MOST_COPIES) throw tooLarge(`${MOST_COPIES} copies of a repeated rule`)
    const symbol = single(body)
    const required = new Array<Symbol>(min).fill(symbol)
    if (max === Infinity) {
      // Recursion on the left: the places where a list goes on are then the same state.
      const list = alternatives.push([]) - 1
      alternatives[list].push([], [{ rule: list }, symbol])
      return [[...required, { rule: list }]]
    }
    let optional: Symbol | undefined
    for (let i = min; i < max; i++) optional = newRule([[], optional ? [symbol, optional] : [symbol]])
    return [optional ? [...required, optional] : required]
  }

  const first = ruleOf(start)
  for (let next = pending.pop(); next; next = pending.pop()) alternatives[next.rule].push(...ways(next.body))
  return { start: first, alternatives }
}

function costOf(symbol: Symbol, costs: readonly number[]): number {
  return 'rule' in symbol ? costs[symbol.rule] : textCost(symbol.text)
}

function textCost(text: State): number {
  return text.canEnd ? 0 : (text.closing()?.length ?? Infinity)
}

/**
 * Fewest bytes of each rule and the symbols that take them, by going over the rules until nothing gets cheaper. A way is only taken
 * for a strictly better one, so the ways never lead in a circle.
 */
function cheapest(alternatives: Alternatives): { costs: number[]; ways: (readonly Symbol[])[] } {
  const costs = new Array<number>(alternatives.length).fill(Infinity)
  const ways = new Array<readonly Symbol[]>(alternatives.length).fill([])
  for (let changed = true; changed;) {
    changed = false
    alternatives.forEach((options, rule) => {
      for (const symbols of options) {
        const cost = symbols.reduce((sum, symbol) => sum + costOf(symbol, costs), 0)
        if (cost >= costs[rule]) continue
        costs[rule] = cost
        ways[rule] = symbols
        changed = true
      }
    })
  }
  return { costs, ways }
}

function findNullable(alternatives: Alternatives): boolean[] {
  const nullable = new Array<boolean>(alternatives.length).fill(false)
  for (let changed = true; changed;) {
    changed = false
    alternatives.forEach((options, rule) => {
      const found = options.some((symbols) =>
        symbols.every((symbol) => ('rule' in symbol ? nullable[symbol.rule] : symbol.text.canEnd)),
      )
      if (!found || nullable[rule]) return
      nullable[rule] = true
      changed = true
    })
  }
  return nullable
}

/** Whether `called`, standing last in a production of `caller`, leads back to `caller` by last symbols alone. */
function findTailLoops(alternatives: Alternatives): (caller: number, called: number) => boolean {
  const tails = alternatives.map((options) =>
    options.flatMap((symbols) => {
      const last = symbols.at(-1)
      return last && 'rule' in last ? [last.rule] : []
    }),
  )
  const reached = new Map<number, Set<number>>()
  const reachOf = (from: number): Set<number> => {
    let reach = reached.get(from)
    if (!reach) {
      reach = new Set([from])
      for (const rule of reach) for (const next of tails[rule]) reach.add(next)
      reached.set(from, reach)
    }
    return reach
  }
  return (caller, called) => reachOf(called).has(caller)
}

function spellShortest(rule: number, ways: readonly (readonly Symbol[])[]): Uint8Array {
  const bytes: number[] = []
  const spell = (from: number): void => {
    for (const symbol of ways[from]) {
      if ('rule' in symbol) spell(symbol.rule)
      else if (!symbol.text.canEnd) bytes.push(...(symbol.text.closing() ?? []))
    }
  }
  spell(rule)
  return Uint8Array.from(bytes)
}

function tooLarge(limit: string): OstroError {
  return new OstroError('unsupported', `grammar: expected at most ${limit}, got more. Write a smaller grammar.`, {
    limit,
  })
}
