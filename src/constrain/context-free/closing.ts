/** The shortest text that ends everything that is under way in a set of items. */
import type { Item, ItemSet } from './earley.ts'
import type { Position, Productions } from './productions.ts'

/** "The rule that began at `origin` is complete", and the cheapest way there. */
interface Goal {
  readonly origin: ItemSet
  readonly rule: number
  cost: number
  from: Goal | undefined
  /** The item whose end is this goal. */
  item: Item
  done: boolean
}

/** Bytes of a shortest way from `set` to the completion of the rule that began at `root` (Dijkstra over what waits for what). */
export function shortestClosing(set: ItemSet, root: ItemSet, productions: Productions): Uint8Array | undefined {
  const goals = new Map<ItemSet, Map<number, Goal>>()
  const open: Goal[] = []
  const offer = (item: Item, origin: ItemSet, cost: number, from: Goal | undefined): void => {
    let byRule = goals.get(origin)
    if (!byRule) goals.set(origin, (byRule = new Map()))
    const known = byRule.get(item.rule)
    if (known && known.cost <= cost) return
    if (known) Object.assign(known, { cost, from, item })
    else {
      const goal: Goal = { origin, rule: item.rule, cost, from, item, done: false }
      byRule.set(item.rule, goal)
      open.push(goal)
    }
  }
  for (const item of set.readers) offer(item, item.origin ?? set, restCost(item), undefined)
  for (;;) {
    const best = takeCheapest(open)
    if (!best) return undefined
    best.done = true
    if (best.origin === root) return spell(best, productions)
    for (const waiter of best.origin.waiting.get(best.rule) ?? []) {
      offer(waiter, waiter.origin ?? best.origin, best.cost + (waiter.position.next?.cost ?? 0), best)
    }
  }
}

function restCost({ position, text }: Item): number {
  if (!text) return position.cost
  return (text.canEnd ? 0 : (text.closing()?.length ?? Infinity)) + (position.next?.cost ?? 0)
}

function takeCheapest(open: Goal[]): Goal | undefined {
  let best = -1
  for (let i = 0; i < open.length; i++) if (best < 0 || open[i].cost < open[best].cost) best = i
  if (best < 0) return undefined
  const [goal] = open.splice(best, 1)
  return goal
}

function spell(last: Goal, productions: Productions): Uint8Array {
  const chain: Goal[] = []
  for (let goal: Goal | undefined = last; goal; goal = goal.from) chain.unshift(goal)
  const parts: Uint8Array[] = []
  chain.forEach(({ item }, index) => {
    if (index === 0 && item.text) {
      if (!item.text.canEnd) parts.push(item.text.closing() ?? new Uint8Array(0))
      spellFrom(item.position.next, productions, parts)
    } else spellFrom(index === 0 ? item.position : item.position.next, productions, parts)
  })
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

function spellFrom(position: Position | undefined, productions: Productions, parts: Uint8Array[]): void {
  for (let at = position; at?.symbol; at = at.next) {
    if ('rule' in at.symbol) parts.push(productions.shortest(at.symbol.rule))
    else if (!at.symbol.text.canEnd) parts.push(at.symbol.text.closing() ?? new Uint8Array(0))
  }
}
