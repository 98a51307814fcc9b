/** A tool that computes: models read numbers well and multiply them badly. */
import { tool } from '../tools/tool.ts'
import { OstroError } from '../util/error.ts'

/** `+ - * / ^ %`, brackets and decimal numbers; what it is given is parsed, never run. */
export const calculateTool = tool({
  name: 'calculate',
  description: 'Computes an arithmetic expression such as (3 + 4) * 2.5.',
  input: {
    type: 'object',
    properties: { expression: { type: 'string', description: 'With + - * / ^ % and brackets' } },
    required: ['expression'],
    additionalProperties: false,
  },
  run: (input) => calculate((input as { readonly expression: string }).expression),
})

/** Brackets and signs within each other; deeper ones are no arithmetic of people. */
const mostDepth = 100

/**
 * The value of an expression. `^` binds from the right and before a sign, as in mathematics.
 * @throws OstroError `invalid-argument` with the place of what is wrong
 */
export function calculate(expression: string): number {
  const tokens = [
    ...expression.matchAll(/\s*(?:(\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|\.\d+)|(\*\*|[-+*/^%()\u00d7\u00f7\u2212])|(\S))/g),
  ]
  let at = 0
  const operator = (): string | undefined => signs[tokens[at]?.[2] ?? ''] ?? tokens[at]?.[2]
  const wrong = (): OstroError => {
    const token = tokens[at]
    const place =
      token === undefined ? 'the end' : `${(token[1] ?? token[2] ?? token[3] ?? '').trim()} at ${token.index}`
    return new OstroError('invalid-argument', `calculate: a number or a bracket expected, got ${place}.`)
  }
  const sum = (depth: number): number => {
    let value = product(depth)
    for (let sign = operator(); sign === '+' || sign === '-'; sign = operator()) {
      at++
      value = sign === '+' ? value + product(depth) : value - product(depth)
    }
    return value
  }
  const product = (depth: number): number => {
    let value = signed(depth)
    for (let sign = operator(); sign === '*' || sign === '/' || sign === '%'; sign = operator()) {
      at++
      const other = signed(depth)
      value = sign === '*' ? value * other : sign === '/' ? value / other : value % other
    }
    return value
  }
  const signed = (depth: number): number => {
    if (depth > mostDepth) throw new OstroError('invalid-argument', `calculate: at most ${mostDepth} brackets deep.`)
    const sign = operator()
    if (sign !== '-' && sign !== '+') return power(depth)
    at++
    return sign === '-' ? -signed(depth + 1) : signed(depth + 1)
  }
  const power = (depth: number): number => {
    const base = atom(depth)
    if (operator() !== '^') return base
    at++
    return base ** signed(depth + 1)
  }
  const atom = (depth: number): number => {
    const number = tokens[at]?.[1]
    if (number !== undefined) {
      at++
      return Number(number)
    }
    if (operator() !== '(') throw wrong()
    at++
    const value = sum(depth + 1)
    if (operator() !== ')') throw wrong()
    at++
    return value
  }
  const value = sum(0)
  if (at < tokens.length) throw wrong()
  return value
}

const signs: Readonly<Record<string, string>> = { '**': '^', '\u00d7': '*', '\u00f7': '/', '\u2212': '-' }
