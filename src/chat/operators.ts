/** The operators of templates where the library follows JavaScript instead of Python. */
import { contains } from './filters.ts'
import { formatPercent } from './python-text.ts'
import {
  boolean,
  compare,
  equal,
  float,
  integer,
  isDict,
  isList,
  isNumber,
  isText,
  list,
  pythonType,
  text,
  toText,
  type Value,
} from './python-values.ts'

/** What transformers' sandbox allows `range` to yield. */
export const MAX_RANGE = 100_000
/** Longest text that repetition may make. */
const MAX_REPEATED_LENGTH = 1 << 24

/** Operators where the library differs from Python; undefined leaves the operator to it. */
export function operate(operator: string, left: Value, right: Value): Value | undefined {
  switch (operator) {
    case '==':
      return boolean(equal(left, right))
    case '!=':
      return boolean(!equal(left, right))
    case '~':
      return text(toText(left) + toText(right))
    case 'in':
      return boolean(contains(left, right))
    case 'not in':
      return boolean(!contains(left, right))
    case '<':
      return boolean(compare(left, right) < 0)
    case '>':
      return boolean(compare(left, right) > 0)
    case '<=':
      return boolean(compare(left, right) <= 0)
    case '>=':
      return boolean(compare(left, right) >= 0)
    case '+':
      return add(left, right)
    case '*':
      return multiply(left, right)
    case '%':
      return modulo(left, right)
    case '/':
    case '//':
      if (isNumber(right) && Number(right.value) === 0) throw new Error('division by zero')
      return undefined
    default:
      return undefined
  }
}

function add(left: Value, right: Value): Value | undefined {
  if (isText(left) && isText(right)) return text(left.value + right.value)
  if (isList(left) && isList(right)) return undefined
  if (isNumber(left) && isNumber(right)) return arithmetic(left, right, Number(left.value) + Number(right.value))
  throw new Error(`unsupported operand type(s) for +: '${pythonType(left)}' and '${pythonType(right)}'`)
}

function multiply(left: Value, right: Value): Value | undefined {
  const [sequence, count] = isNumber(left) ? [right, left] : [left, right]
  if (!isNumber(count)) return undefined
  const times = Math.max(0, Number(count.value))
  if (isText(sequence)) {
    if (sequence.value.length * times > MAX_REPEATED_LENGTH) throw new Error('the repeated text is too long')
    return text(sequence.value.repeat(times))
  }
  if (isList(sequence)) {
    if (sequence.value.length * times > MAX_RANGE) throw new Error('the repeated list is too long')
    return list(Array.from({ length: times }, () => sequence.value).flat())
  }
  return isNumber(sequence) ? arithmetic(left, right, Number(sequence.value) * Number(count.value)) : undefined
}

/** Python's remainder has the sign of the divisor; on text `%` formats. */
function modulo(left: Value, right: Value): Value | undefined {
  if (isText(left))
    return text(
      formatPercent(
        left.value,
        right.type === 'TupleValue' && isList(right) ? right.value : [right],
        isDict(right) ? right.value : undefined,
      ),
    )
  if (!isNumber(left) || !isNumber(right)) return undefined
  const [a, b] = [Number(left.value), Number(right.value)]
  if (b === 0) throw new Error('modulo by zero')
  return arithmetic(left, right, a - Math.floor(a / b) * b)
}

function arithmetic(left: Value, right: Value, result: number): Value {
  return left.type === 'FloatValue' || right.type === 'FloatValue' ? float(result) : integer(result)
}
