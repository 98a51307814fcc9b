/** Writes the bodies of rules that need no stack into the places that use them, so that one automaton follows what one can follow. */
import type { Syntax } from '../regex/syntax.ts'
import { type Body, namesIn, type Rules } from './rules.ts'

/** Most nodes of a body that is written out at its uses. */
const MOST_NODES = 2_000

/** The same language with every part that has no recursive (or very large) rule in it as one text. */
export function inlineRegularRules({ start, bodies }: Rules): Rules {
  const regular = new Map<string, Syntax | undefined>()
  for (const name of orderByUse(bodies)) {
    const body = bodies.get(name)
    const syntax = body && regularSyntax(body, regular)
    regular.set(name, syntax && countNodes(syntax) <= MOST_NODES ? syntax : undefined)
  }
  const inlined = new Map<string, Body>()
  const reach = (name: string): void => {
    if (inlined.has(name)) return
    const body = bodies.get(name)
    if (!body) return
    const written = writeOut(body, regular)
    inlined.set(name, written)
    for (const used of namesIn(written)) reach(used)
  }
  reach(start)
  return { start, bodies: inlined }
}

/** Names so that those used come before their users; recursive ones anywhere. */
function orderByUse(bodies: ReadonlyMap<string, Body>): string[] {
  const order: string[] = []
  const seen = new Set<string>()
  for (const first of bodies.keys()) {
    const open: { name: string; uses: string[] }[] = []
    const visit = (name: string): void => {
      const body = bodies.get(name)
      if (seen.has(name) || !body) return
      seen.add(name)
      open.push({ name, uses: namesIn(body) })
    }
    visit(first)
    while (open.length > 0) {
      const top = open[open.length - 1]
      const used = top.uses.pop()
      if (used === undefined) order.push((open.pop() as { name: string }).name)
      else visit(used)
    }
  }
  return order
}

/** The body as text, where all rules in it are known to be regular. */
function regularSyntax(body: Body, regular: ReadonlyMap<string, Syntax | undefined>): Syntax | undefined {
  switch (body.kind) {
    case 'text':
      return body.syntax
    case 'rule':
      return regular.get(body.name)
    case 'sequence': {
      const parts = body.parts.map((part) => regularSyntax(part, regular))
      return parts.every((part) => part !== undefined) ? { kind: 'sequence', parts } : undefined
    }
    case 'alternation': {
      const options = body.options.map((option) => regularSyntax(option, regular))
      return options.every((option) => option !== undefined) ? { kind: 'alternation', options } : undefined
    }
    case 'repeat': {
      const inner = regularSyntax(body.body, regular)
      return inner && { kind: 'repeat', body: inner, min: body.min, max: body.max }
    }
    default:
      return body satisfies never
  }
}

function writeOut(body: Body, regular: ReadonlyMap<string, Syntax | undefined>): Body {
  const syntax = regularSyntax(body, regular)
  if (syntax) return { kind: 'text', syntax }
  switch (body.kind) {
    case 'text':
    case 'rule':
      return body
    case 'sequence':
      return { kind: 'sequence', parts: joinTexts(body.parts.map((part) => writeOut(part, regular))) }
    case 'alternation':
      return { kind: 'alternation', options: body.options.map((option) => writeOut(option, regular)) }
    case 'repeat':
      return { ...body, body: writeOut(body.body, regular) }
    default:
      return body satisfies never
  }
}

/** Neighbouring texts as one. */
function joinTexts(parts: readonly Body[]): Body[] {
  const joined: Body[] = []
  for (const part of parts) {
    const last = joined[joined.length - 1]
    if (part.kind === 'text' && last?.kind === 'text') {
      joined[joined.length - 1] = { kind: 'text', syntax: { kind: 'sequence', parts: [last.syntax, part.syntax] } }
    } else joined.push(part)
  }
  return joined
}

function countNodes(syntax: Syntax): number {
  switch (syntax.kind) {
    case 'set':
    case 'start':
    case 'end':
    case 'boundary':
      return 1
    case 'sequence':
      return syntax.parts.reduce((sum, part) => sum + countNodes(part), 1)
    case 'alternation':
      return syntax.options.reduce((sum, option) => sum + countNodes(option), 1)
    case 'repeat':
    case 'look-ahead':
      return 1 + countNodes(syntax.body)
    default:
      return syntax satisfies never
  }
}
