/**
 * Whether one call is right: the leaderboard's rules for a function, its parameters, their types and values. The answer lists
 * every value that counts as right; an empty string among them means that the parameter may be left out.
 */
import { javaTypes, readJavaLiteral } from './java-literal.ts'
import { javascriptTypes, readJavascriptLiteral } from './javascript-literal.ts'
import {
  contains,
  equal,
  isList,
  isRecord,
  normalise,
  type PythonRecord,
  type PythonType,
  type PythonValue,
  typeOf,
} from './python-value.ts'

export type Language = 'python' | 'java' | 'javascript'

/** A function as the data set describes it. */
export interface FunctionDescription {
  readonly name: string
  readonly description?: string
  readonly parameters: {
    readonly properties: Readonly<Record<string, ParameterDescription>>
    readonly required?: readonly string[]
    readonly [keyword: string]: unknown
  }
  readonly [keyword: string]: unknown
}

export interface ParameterDescription {
  readonly type?: string
  readonly description?: string
  readonly items?: ParameterDescription
  readonly properties?: Readonly<Record<string, ParameterDescription>>
  readonly [keyword: string]: unknown
}

/** Parameter to the values that are right. */
export type AcceptedArguments = Readonly<Record<string, readonly PythonValue[]>>

/** One accepted call: a function and its accepted arguments. */
export interface AcceptedCall {
  readonly name: string
  readonly arguments: AcceptedArguments
}

export interface Call {
  readonly name: string
  readonly arguments: PythonRecord
}

/** Why a call is wrong: a stable kind and a sentence. */
export interface Fault {
  readonly kind:
    | 'wrong-count'
    | 'wrong-name'
    | 'missing-required'
    | 'unexpected-parameter'
    | 'wrong-type'
    | 'wrong-value'
    | 'missing-optional'
    | 'no-match'
    | 'unreadable'
    | 'called'
    | 'not-called'
    /** Prompt and answer do not fit the context; nobody was asked. */
    | 'no-room'
  readonly message: string
}

const pythonTypes: Readonly<Record<string, PythonType>> = {
  string: 'str',
  integer: 'int',
  float: 'float',
  boolean: 'bool',
  array: 'list',
  tuple: 'list',
  dict: 'dict',
  any: 'str',
}

/** Undefined where the call is right. */
export function checkCall(
  description: FunctionDescription,
  call: Call,
  accepted: AcceptedArguments,
  language: Language,
): Fault | undefined {
  if (call.name !== description.name) {
    return { kind: 'wrong-name', message: `expected a call of ${description.name}, got ${call.name}` }
  }
  const given = call.arguments
  const missing = (description.parameters.required ?? []).find((name) => !Object.hasOwn(given, name))
  if (missing !== undefined) return { kind: 'missing-required', message: `${missing} is required` }
  for (const [name, value] of Object.entries(given)) {
    const parameter = ownProperty(description.parameters.properties, name)
    const values = ownProperty(accepted, name)
    if (parameter === undefined || values === undefined) {
      return { kind: 'unexpected-parameter', message: `${name} is not expected` }
    }
    const fault = checkArgument(value, parameter, values, language)
    if (fault !== undefined) return { kind: fault, message: `${name}: expected ${show(values)}, got ${show(value)}` }
  }
  const omitted = Object.keys(accepted).find((name) => !Object.hasOwn(given, name) && !accepted[name].includes(''))
  if (omitted === undefined) return undefined
  return { kind: 'missing-optional', message: `${omitted}: expected ${show(accepted[omitted])}, got nothing` }
}

/** What is expected of an argument: its type, and that of its members where it is a list that is looked into. */
interface ExpectedType {
  readonly type: PythonType
  readonly members: PythonType | undefined
}

type ArgumentFault = 'wrong-type' | 'wrong-value'

function checkArgument(
  given: PythonValue,
  parameter: ParameterDescription,
  accepted: readonly PythonValue[],
  language: Language,
): ArgumentFault | undefined {
  const { expected, value } = interpret(given, parameter, language)
  if (value === undefined) return 'wrong-type'
  const match = checkType(value, expected, accepted)
  if (match === 'mismatch') return 'wrong-type'
  return matchesValue(value, expected, accepted, match === 'variable') ? undefined : 'wrong-value'
}

/** The value after the literal of a foreign language is read; undefined where that language wants a string and got none. */
function interpret(
  given: PythonValue,
  { type = '', items }: ParameterDescription,
  language: Language,
): { readonly expected: ExpectedType; readonly value: PythonValue | undefined } {
  if (language === 'python') {
    const members = type === 'array' || type === 'tuple' ? pythonTypes[items?.type ?? ''] : undefined
    const value = type === 'float' && typeof given === 'bigint' ? Number(given) : given
    return { expected: { type: pythonTypes[type], members }, value }
  }
  const types = language === 'java' ? javaTypes : javascriptTypes
  const read = language === 'java' ? readJavaLiteral : readJavascriptLiteral
  const memberType = type === 'Array' || type === 'ArrayList' || type === 'array' ? items?.type : undefined
  const members = memberType === undefined ? undefined : types[memberType]
  return {
    expected: { type: types[type], members },
    value: typeof given === 'string' ? read(given, type, memberType) : undefined,
  }
}

/**
 * `variable`: the answer names a variable or expression instead of a value of the described type, so the answer's type counts
 * and the value is compared as it is.
 */
type TypeMatch = 'value' | 'variable' | 'mismatch'

function checkType(value: PythonValue, expected: ExpectedType, accepted: readonly PythonValue[]): TypeMatch {
  const example = accepted.find((answer) => answer !== '')
  const acceptedType = example === undefined ? undefined : typeOf(example)
  if (typeOf(value) === expected.type) {
    const match = acceptedType !== undefined && acceptedType !== expected.type ? 'variable' : 'value'
    const { members } = expected
    if (members === undefined || !isList(value)) return match
    // One level deep; an answer that is no list says nothing about members.
    const someAnswerFits = accepted.some(
      (answer) =>
        !isList(answer) ||
        value.every((member) => checkType(member, { type: members, members: undefined }, answer) !== 'mismatch'),
    )
    return someAnswerFits ? match : 'mismatch'
  }
  return acceptedType === typeOf(value) ? 'variable' : 'mismatch'
}

function matchesValue(
  value: PythonValue,
  expected: ExpectedType,
  accepted: readonly PythonValue[],
  isVariable: boolean,
): boolean {
  if (!isVariable) {
    if (isRecord(value)) return matchesRecord(value, accepted)
    if (isList(value)) {
      return expected.members === 'dict' ? matchesRecords(value, accepted) : matchesList(value, accepted)
    }
    if (typeof value === 'string') {
      return accepted.some((answer) => typeof answer === 'string' && normalise(answer) === normalise(value))
    }
  }
  return contains(accepted, value)
}

/** Every key is known and has one of its values, and no key is missing but those that may be. */
function matchesRecord(record: PythonRecord, accepted: readonly PythonValue[]): boolean {
  return accepted.some((answer) => {
    if (!isRecord(answer)) return false
    const valuesOf = (key: string): readonly PythonValue[] => (isList(answer[key]) ? answer[key] : [])
    return (
      Object.entries(record).every(
        ([key, value]) => Object.hasOwn(answer, key) && contains(valuesOf(key).map(normalise), normalise(value)),
      ) && Object.keys(answer).every((key) => Object.hasOwn(record, key) || valuesOf(key).includes(''))
    )
  })
}

function matchesList(list: readonly PythonValue[], accepted: readonly PythonValue[]): boolean {
  const normalised = list.map(normalise)
  // An answer that may be left out counts as the empty list.
  return accepted.some((answer) => equal(normalised, isList(answer) ? answer.map(normalise) : []))
}

function matchesRecords(list: readonly PythonValue[], accepted: readonly PythonValue[]): boolean {
  return accepted.some((answer) => {
    const records = isList(answer) ? answer : []
    return (
      list.length === records.length &&
      list.every((member, index) => isRecord(member) && matchesRecord(member, [records[index]]))
    )
  })
}

function ownProperty<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

function show(value: PythonValue): string {
  return JSON.stringify(value, (_key, member: unknown) => (typeof member === 'bigint' ? Number(member) : member))
}
