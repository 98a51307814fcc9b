/** Whether a whole answer is right, by category: how many calls, in which order, or none at all. */
import {
  type AcceptedCall,
  type Call,
  checkCall,
  type Fault,
  type FunctionDescription,
  type Language,
} from './check-call.ts'
import type { BfclItem } from './data-set.ts'

/** What a model did: its calls, or a text. `unreadable` is set where it tried to call and nobody could read it. */
export interface Answer {
  readonly calls: readonly Call[]
  readonly unreadable?: string
}

/** Undefined where the answer is right. */
export function checkAnswer(item: BfclItem, answer: Answer): Fault | undefined {
  const { category } = item
  if (category.includes('irrelevance')) {
    // A call that can't be read counts as none, here as on the leaderboard.
    if (answer.unreadable !== undefined || answer.calls.length === 0) return undefined
    return { kind: 'called', message: `expected no call, got ${answer.calls.map(({ name }) => name).join(', ')}` }
  }
  if (answer.unreadable !== undefined) return { kind: 'unreadable', message: answer.unreadable }
  if (category.includes('relevance')) {
    return answer.calls.length > 0 ? undefined : { kind: 'not-called', message: 'expected a call, got none' }
  }
  const { accepted } = item
  if (answer.calls.length !== accepted.length) {
    return { kind: 'wrong-count', message: `expected ${accepted.length} calls, got ${answer.calls.length}` }
  }
  const language = languageOf(category)
  return category.includes('parallel')
    ? checkInAnyOrder(item, answer.calls, language)
    : checkExpected(item, answer.calls[0], accepted[0], language)
}

/** Which language a category's values are written in. */
export function languageOf(category: string): Language {
  if (category.includes('javascript')) return 'javascript'
  return category.includes('java') ? 'java' : 'python'
}

/** Each expected call takes the first call that fits it and is still free. */
function checkInAnyOrder(item: BfclItem, calls: readonly Call[], language: Language): Fault | undefined {
  const free = [...calls]
  for (const expected of item.accepted) {
    const index = free.findIndex((call) => checkExpected(item, call, expected, language) === undefined)
    if (index < 0) return { kind: 'no-match', message: `no call fits the expected one of ${expected.name}` }
    free.splice(index, 1)
  }
  return undefined
}

function checkExpected(
  { functions }: BfclItem,
  call: Call,
  expected: AcceptedCall,
  language: Language,
): Fault | undefined {
  const description: FunctionDescription | undefined = functions.find(({ name }) => name === expected.name)
  if (description === undefined) return { kind: 'wrong-name', message: `${expected.name} is not among the functions` }
  return checkCall(description, call, expected.arguments, language)
}
