/**
 * Runs a chat template as Python's Jinja does in transformers. Lexer, parser and the walk over the tree are the
 * library's; where its interpreter follows JavaScript instead of Python, the method concerned is replaced here.
 */
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja'
import { DICT_METHODS, FILTERS, type FilterCall, LIST_METHODS, testNamed } from './filters.ts'
import { MAX_RANGE, operate } from './operators.ts'
import { TEXT_METHODS } from './python-text.ts'
import {
  boolean,
  callable,
  dict,
  integer,
  isDict,
  isList,
  isMissing,
  isNone,
  isNumber,
  isText,
  isTrue,
  itemsOf,
  list,
  missing,
  none,
  text,
  toText,
  type Value,
} from './python-values.ts'
import { strftime } from './strftime.ts'

/** Thrown by `raise_exception` of a template: its author's words for the user. */
export class TemplateComplaint extends Error {}

/** Compiles a template; the result renders a context of plain JSON values. `now` feeds `strftime_now`, absent without it. */
export function compileTemplate(source: string): (context: Readonly<Record<string, unknown>>, now?: Date) => string {
  const tokens = tokenize(source, { lstrip_blocks: true, trim_blocks: true })
  const program = parse(testsAsFilters(tokens))
  return (context, now) => {
    const environment = createEnvironment(context, now)
    return toText(pythonInterpreter(environment).run(program))
  }
}

type Token = ReturnType<typeof tokenize>[number]

/** Prefix of the filter names that stand for tests with arguments. */
const TEST_FILTER = 'is '

/** The parser knows no tests with arguments: `x is [not] name(args)` is given to it as a filter call. */
function testsAsFilters(tokens: Token[]): Token[] {
  const result: Token[] = []
  for (let i = 0; i < tokens.length; i++) {
    const negated = tokens[i + 1]?.type === 'Identifier' && tokens[i + 1].value === 'not'
    const name = tokens[negated ? i + 2 : i + 1]
    const after = tokens[negated ? i + 3 : i + 2]
    const isTest = tokens[i].type === 'Identifier' && tokens[i].value === 'is' && i > 0 && name !== undefined
    const takes = after?.type === 'OpenParen' || after?.type === 'StringLiteral' || after?.type === 'NumericLiteral'
    if (!isTest || !takes || !(name.type === 'Identifier' || name.value === 'in')) {
      result.push(tokens[i])
      continue
    }
    result.push(
      { value: '|', type: 'Pipe' },
      { value: `${TEST_FILTER}${negated ? 'not ' : ''}${name.value}`, type: 'Identifier' },
    )
    i += negated ? 2 : 1
    if (after.type !== 'OpenParen') {
      result.push({ value: '(', type: 'OpenParen' }, after, { value: ')', type: 'CloseParen' })
      i++
    }
  }
  return result
}

function createEnvironment(context: Readonly<Record<string, unknown>>, now: Date | undefined): Environment {
  const environment = new Environment()
  const set = (name: string, value: Value): void => setVariable(environment, name, value)
  for (const name of ['true', 'True']) set(name, boolean(true))
  for (const name of ['false', 'False']) set(name, boolean(false))
  for (const name of ['none', 'None']) set(name, none())
  set('range', callable(range))
  set(
    'dict',
    callable((args) => (args[0] && isDict(args[0]) ? dict(new Map(args[0].value)) : dict(new Map()))),
  )
  set(
    'raise_exception',
    callable(([message]) => {
      throw new TemplateComplaint(message ? toText(message) : '')
    }),
  )
  if (now)
    set(
      'strftime_now',
      callable(([format]) => text(strftime(now, toText(format)))),
    )
  for (const [name, value] of Object.entries(context)) {
    // The caller's variables may shadow the globals, so what is there is replaced, not declared again.
    environment.variables.delete(name)
    environment.set(name, value)
  }
  return environment
}

function setVariable(scope: Environment, name: string, value: Value): void {
  scope.setVariable(name, value as Parameters<Environment['setVariable']>[1])
}

function range(args: readonly Value[]): Value {
  const numbers = args.map((value) => (isNumber(value) ? Number(value.value) : Number.NaN))
  if (numbers.length === 0 || numbers.some((value) => !Number.isInteger(value)))
    throw new Error('range: expected integers')
  const [start, stop, step] = numbers.length === 1 ? [0, numbers[0], 1] : [numbers[0], numbers[1], numbers[2] ?? 1]
  if (step === 0) throw new Error('range() arg 3 must not be zero')
  const count = Math.max(0, Math.ceil((stop - start) / step))
  if (count > MAX_RANGE)
    throw new Error(`Range too big. The sandbox blocks ranges larger than MAX_RANGE (${MAX_RANGE}).`)
  return list(Array.from({ length: count }, (_, i) => integer(start + i * step)))
}

interface Node {
  readonly type: string
}
interface ForNode extends Node {
  readonly loopvar: Node & { readonly value: string | readonly (Node & { readonly value: string })[] }
  readonly iterable: Node & { readonly lhs?: Node; readonly test?: Node }
  readonly body: readonly Node[]
  readonly defaultBlock: readonly Node[]
}
interface MemberNode extends Node {
  readonly object: Node
  readonly property: Node & { readonly value?: unknown }
  readonly computed: boolean
}
interface BinaryNode extends Node {
  readonly operator: { readonly value: string }
  readonly left: Node
  readonly right: Node
}
interface FilterNode extends Node {
  readonly value?: string
  readonly callee?: Node & { readonly value: string }
  readonly args?: readonly Node[]
}

/** The methods of the library's interpreter that are called or replaced; it declares most of them private. */
interface PatchableInterpreter {
  run(program: ReturnType<typeof parse>): Value
  evaluate(node: Node, scope: Environment): Value
  evaluateBlock(body: readonly Node[], scope: Environment): Value
  evaluateFor(node: ForNode, scope: Environment): Value
  evaluateMemberExpression(node: MemberNode, scope: Environment): Value
  evaluateBinaryExpression(node: BinaryNode, scope: Environment): Value
  evaluateTestExpression(
    node: Node & { operand: Node; negate: boolean; test: { value: string } },
    scope: Environment,
  ): Value
  evaluateArguments(args: readonly Node[], scope: Environment): [Value[], Map<string, Value>]
  applyFilter(operand: Value, filter: FilterNode, scope: Environment): Value
}

/** `{% break %}` and `{% continue %}` on their way to the loop, with the text rendered since it began. */
class LoopJump extends Error {
  readonly kind: string
  rendered = ''

  constructor(kind: string) {
    super(kind)
    this.kind = kind
  }
}

/** Nodes whose value is not output. */
const SILENT: ReadonlySet<string> = new Set(['Set', 'Macro', 'Comment'])

function pythonInterpreter(environment: Environment): PatchableInterpreter {
  const interpreter = new Interpreter(environment) as unknown as PatchableInterpreter
  const library = {
    evaluate: interpreter.evaluate.bind(interpreter),
    member: interpreter.evaluateMemberExpression.bind(interpreter),
    binary: interpreter.evaluateBinaryExpression.bind(interpreter),
    filter: interpreter.applyFilter.bind(interpreter),
  }

  interpreter.evaluate = (node, scope) => {
    if (node && (node.type === 'Break' || node.type === 'Continue')) throw new LoopJump(node.type)
    return library.evaluate(node, scope)
  }

  interpreter.evaluateBlock = (body, scope) => {
    let rendered = ''
    for (const node of body) {
      try {
        const value = interpreter.evaluate(node, scope)
        if (!SILENT.has(node.type)) rendered += toText(value)
      } catch (error) {
        if (error instanceof LoopJump) error.rendered = rendered + error.rendered
        throw error
      }
    }
    return text(rendered)
  }

  interpreter.evaluateFor = (node, outer) => {
    const items = loopItems(interpreter, node, outer)
    if (items.length === 0) return interpreter.evaluateBlock(node.defaultBlock, new Environment(outer))
    return text(renderTurns(interpreter, node, items, outer))
  }

  interpreter.evaluateMemberExpression = (node, scope) => {
    const object = interpreter.evaluate(node.object, scope)
    // The library evaluates the object again; a literal in its place keeps calls in it from running twice.
    const known: MemberNode = {
      type: node.type,
      object: constant(object),
      property: node.property,
      computed: node.computed,
    }
    if (isMissing(object)) throw new Error(`${describe(node.object)} is undefined`)
    if (node.property.type === 'SliceExpression') return library.member(known, scope)
    const key = node.computed ? interpreter.evaluate(node.property, scope) : undefined
    if (key && isNumber(key)) {
      if (isText(object)) return characterAt(object.value, Number(key.value))
      return isList(object) ? (object.value.at(Number(key.value)) ?? missing()) : missing()
    }
    const name = key ? (isText(key) ? key.value : undefined) : String(node.property.value)
    if (name === undefined) return missing()
    return memberOf(object, name, node.computed) ?? library.member(known, scope)
  }

  interpreter.evaluateBinaryExpression = (node, scope) => {
    const operator = node.operator.value
    if (operator === 'and' || operator === 'or') return library.binary(node, scope)
    const left = interpreter.evaluate(node.left, scope)
    const right = interpreter.evaluate(node.right, scope)
    const own = operate(operator, left, right)
    if (own) return own
    const known: BinaryNode = { type: node.type, operator: node.operator, left: constant(left), right: constant(right) }
    return library.binary(known, scope)
  }

  interpreter.evaluateTestExpression = (node, scope) => {
    const operand = interpreter.evaluate(node.operand, scope)
    return boolean(testNamed(node.test.value)(operand) !== node.negate)
  }

  interpreter.applyFilter = (operand, filter, scope) => {
    const name = filter.type === 'Identifier' ? filter.value : filter.callee?.value
    if (name === undefined || !(name.startsWith(TEST_FILTER) || Object.hasOwn(FILTERS, name))) {
      return library.filter(operand, filter, scope)
    }
    const [args, keywords] = filter.args
      ? interpreter.evaluateArguments(filter.args, scope)
      : [[], new Map<string, Value>()]
    return applyNamed(operand, name, args, keywords)
  }

  // A value in place of a node: the walk returns it as it is.
  const evaluate = interpreter.evaluate
  interpreter.evaluate = (node, scope) => (isConstant(node) ? node.constant : evaluate(node, scope))
  return interpreter
}

/** What a loop goes over: the items of its iterable for which its `if` holds. */
function loopItems(interpreter: PatchableInterpreter, node: ForNode, outer: Environment): Value[] {
  const { test, lhs } = node.iterable
  const filtered = node.iterable.type === 'SelectExpression'
  const items = [...itemsOf(interpreter.evaluate(filtered && lhs ? lhs : node.iterable, outer))]
  if (!filtered || !test) return items
  return items.filter((item) => {
    const scope = new Environment(outer)
    bind(node, item, scope)
    return isTrue(interpreter.evaluate(test, scope))
  })
}

function renderTurns(
  interpreter: PatchableInterpreter,
  node: ForNode,
  items: readonly Value[],
  outer: Environment,
): string {
  let rendered = ''
  for (let i = 0; i < items.length; i++) {
    // A scope for each turn: what a turn sets is gone in the next.
    const scope = new Environment(outer)
    setVariable(scope, 'loop', loopVariable(items, i))
    bind(node, items[i], scope)
    try {
      rendered += toText(interpreter.evaluateBlock(node.body, scope))
    } catch (error) {
      if (!(error instanceof LoopJump)) throw error
      rendered += error.rendered
      if (error.kind === 'Break') break
    }
  }
  return rendered
}

/** Jinja looks for an attribute first where the template wrote a dot, and for an item first where it wrote brackets. */
function memberOf(object: Value, name: string, inBrackets: boolean): Value | undefined {
  const item = isDict(object) && object.type === 'ObjectValue' ? object.value.get(name) : undefined
  const found = inBrackets ? (item ?? methodOf(object, name)) : (methodOf(object, name) ?? item)
  if (found !== undefined) return found
  const isPlain = isDict(object) || isText(object) || isList(object) || isNone(object) || isNumber(object)
  return isPlain ? missing() : undefined
}

function applyNamed(value: Value, name: string, args: readonly Value[], keywords: ReadonlyMap<string, Value>): Value {
  if (name.startsWith(TEST_FILTER)) {
    const negated = name.startsWith(`${TEST_FILTER}not `)
    const test = testNamed(name.slice(TEST_FILTER.length + (negated ? 4 : 0)))
    return boolean(test(value, ...args) !== negated)
  }
  if (!Object.hasOwn(FILTERS, name)) throw new Error(`No filter named '${name}'.`)
  const call: FilterCall = { args, keywords, apply: applyNamed }
  return FILTERS[name](value, call)
}

interface Constant extends Node {
  readonly constant: Value
}
const constant = (value: Value): Constant => ({ type: 'Constant', constant: value })
const isConstant = (node: Node | undefined): node is Constant => node?.type === 'Constant'

function bind(node: ForNode, item: Value, scope: Environment): void {
  const names = node.loopvar.value
  if (typeof names === 'string') {
    setVariable(scope, names, item)
    return
  }
  const parts = itemsOf(item)
  if (parts.length !== names.length) throw new Error(`expected ${names.length} values to unpack, got ${parts.length}`)
  for (const [i, name] of names.entries()) setVariable(scope, name.value, parts[i])
}

function loopVariable(items: readonly Value[], i: number): Value {
  return dict(
    new Map<string, Value>([
      ['index', integer(i + 1)],
      ['index0', integer(i)],
      ['revindex', integer(items.length - i)],
      ['revindex0', integer(items.length - i - 1)],
      ['first', boolean(i === 0)],
      ['last', boolean(i === items.length - 1)],
      ['length', integer(items.length)],
      ['depth', integer(1)],
      ['depth0', integer(0)],
      ['previtem', items[i - 1] ?? missing()],
      ['nextitem', items[i + 1] ?? missing()],
      ['cycle', callable((args) => args[i % args.length] ?? missing())],
    ]),
  )
}

function characterAt(content: string, index: number): Value {
  const character = Array.from(content).at(index)
  return character === undefined ? missing() : text(character)
}

function methodOf(object: Value, name: string): Value | undefined {
  const split = (args: Value[]): [Value[], ReadonlyMap<string, Value>] => {
    const last = args.at(-1)
    return last && last.type === 'KeywordArgumentsValue' && isDict(last)
      ? [args.slice(0, -1), last.value]
      : [args, new Map()]
  }
  if (isText(object) && Object.hasOwn(TEXT_METHODS, name)) {
    return callable((args) => TEXT_METHODS[name](object.value, ...split(args)))
  }
  if (isDict(object) && Object.hasOwn(DICT_METHODS, name))
    return callable((args) => DICT_METHODS[name](object.value, args))
  if (isList(object) && Object.hasOwn(LIST_METHODS, name))
    return callable((args) => LIST_METHODS[name](object.value, args))
  return undefined
}

function describe(node: Node & { readonly value?: unknown }): string {
  return node.type === 'Identifier' ? `'${String(node.value)}'` : 'the value before the last access'
}
