/** Arithmetic by recursive descent: what a model writes is data here, never code. */

/** @throws {Error} With what was expected, where the expression is not one. */
export function calculate(expression: string): number {
  const tokens = expression.match(/\d+(?:\.\d+)?(?:e[+-]?\d+)?|\*\*|[-+*/^%()×÷]|\S/gi) ?? []
  let position = 0
  const value = sum()
  if (position < tokens.length) throw new Error(`expected an operator, got "${tokens[position]}"`)
  return value

  function sum(): number {
    let left = product()
    for (;;) {
      if (take('+')) left += product()
      else if (take('-')) left -= product()
      else return left
    }
  }

  function product(): number {
    let left = signed()
    for (;;) {
      if (take('*') || take('×')) left *= signed()
      else if (take('/') || take('÷')) left /= signed()
      else if (take('%')) left %= signed()
      else return left
    }
  }

  function signed(): number {
    if (take('-')) return -signed()
    if (take('+')) return signed()
    return power()
  }

  function power(): number {
    const base = operand()
    return take('^') || take('**') ? base ** signed() : base
  }

  function operand(): number {
    if (take('(')) {
      const inner = sum()
      if (!take(')')) throw new Error('expected a closing parenthesis')
      return inner
    }
    const token = tokens[position]
    if (token === undefined || !/^\d/.test(token)) throw new Error(`expected a number, got "${token ?? 'the end'}"`)
    position += 1
    return Number(token)
  }

  function take(token: string): boolean {
    if (tokens[position] !== token) return false
    position += 1
    return true
  }
}
