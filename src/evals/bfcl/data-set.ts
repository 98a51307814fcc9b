/** The data set's files: one JSON object a line, a file per category. */
import type { ChatMessage } from '../../chat/index.ts'
import { OstroError } from '../../util/error.ts'
import type { AcceptedArguments, AcceptedCall, FunctionDescription } from './check-call.ts'
import { isList, isRecord, type PythonValue, readPythonJson } from './python-value.ts'

/** The single-turn categories in the order of reports. */
export const categories = [
  'simple_python',
  'simple_java',
  'simple_javascript',
  'multiple',
  'parallel',
  'parallel_multiple',
  'irrelevance',
  'live_simple',
  'live_multiple',
  'live_parallel',
  'live_parallel_multiple',
  'live_irrelevance',
  'live_relevance',
] as const

export type Category = (typeof categories)[number]

export interface BfclItem {
  readonly id: string
  readonly category: Category
  readonly messages: readonly ChatMessage[]
  readonly functions: readonly FunctionDescription[]
  /** The calls that are expected; empty where none is, and for relevance, where any is right. */
  readonly accepted: readonly AcceptedCall[]
}

/**
 * Reads a file of the data set.
 * @throws OstroError `invalid-file` with the line where it is not of the format.
 */
export function readDataSet(category: Category, text: string): BfclItem[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return []
    try {
      return [readItem(category, line)]
    } catch (cause) {
      const message = `bfcl: line ${index + 1} of ${category} is not an item: ${(cause as Error).message}`
      throw new OstroError('invalid-file', message, { category, line: index + 1 }, { cause })
    }
  })
}

interface ItemLine {
  readonly id: string
  readonly question: readonly (readonly ChatMessage[])[]
  readonly function: readonly FunctionDescription[]
}

function readItem(category: Category, line: string): BfclItem {
  const { id, question, function: functions } = JSON.parse(line) as ItemLine
  if (typeof id !== 'string' || !Array.isArray(question?.[0]) || !Array.isArray(functions)) {
    throw new Error('id, question and function expected.')
  }
  // Read once more where it matters whether a number is whole.
  const exact = readPythonJson(line)
  const truth = isRecord(exact) ? exact['ground_truth'] : undefined
  return { id, category, messages: question[0], functions, accepted: readGroundTruth(truth ?? null) }
}

function readGroundTruth(truth: PythonValue): AcceptedCall[] {
  if (truth === null) return []
  if (!isList(truth)) throw new Error('ground_truth must be a list or null.')
  return truth.map((call) => {
    const [name, accepted] = isRecord(call) ? (Object.entries(call)[0] ?? []) : []
    if (name === undefined || accepted === undefined || !isRecord(accepted)) {
      throw new Error('ground_truth must name a function and its arguments.')
    }
    if (!Object.values(accepted).every(isList)) throw new Error('every argument must list its values.')
    return { name, arguments: accepted as AcceptedArguments }
  })
}
