/**
 * What the model reads. Actor, value and reflection prompts of a node begin alike and differ at their ends, so that the model reads what
 * they share once.
 */
import type { ChatMessage } from '../../tools/chat-model.ts'
import type { LanguageModel, Prompt } from '../../tools/language-model.ts'
import type { SearchStep } from './node.ts'

export interface SearchExample {
  readonly task: string
  readonly steps: readonly SearchStep[]
}

export interface SearchGuide {
  /** What the model is to do and how an action is written. */
  readonly instruction: string
  /** Shown as done before; base models need at least one. */
  readonly examples?: readonly SearchExample[] | undefined
  /** Asks how good a state is; the answer is a mark such as 7/10. */
  readonly valueQuestion?: string | undefined
}

export interface SearchPlace {
  /** The task and how things stood at its beginning. */
  readonly task: string
  readonly reflections: readonly string[]
  readonly steps: readonly SearchStep[]
}

export interface SearchPrompts {
  readonly actor: (place: SearchPlace, repairs?: readonly Repair[]) => Prompt
  readonly value: (place: SearchPlace) => Prompt
  readonly reflection: (place: SearchPlace, feedback: string) => Prompt
  /** An action as the model would write it after the prompt. */
  readonly written: (action: string) => string
  readonly stop: readonly string[]
}

/** An answer that was no action, and why. */
export interface Repair {
  readonly text: string
  readonly problem: string
}

const defaultValueQuestion =
  'How likely is it to succeed from here? Answer with a mark from 0/10 (impossible) to 10/10 (certain) and nothing else.'

export function searchPrompts(model: Pick<LanguageModel, 'can'>, guide: SearchGuide): SearchPrompts {
  return model.can.chat ? conversations(guide) : continuations(guide)
}

function conversations(guide: SearchGuide): SearchPrompts {
  const { instruction, examples = [], valueQuestion = defaultValueQuestion } = guide
  const told = ({ task, reflections, steps }: SearchPlace): ChatMessage[] => [
    { role: 'user', content: headOf({ instruction, examples, reflections, task }) },
    ...steps.flatMap(({ action, observation }): ChatMessage[] => [
      { role: 'assistant', content: action },
      { role: 'user', content: observation },
    ]),
  ]
  const asked = (place: SearchPlace, question: string): ChatMessage[] => {
    const messages = told(place)
    const last = messages[messages.length - 1]
    return [...messages.slice(0, -1), { role: 'user', content: `${textOf(last)}\n\n${question}` }]
  }
  return {
    actor: (place, repairs = []) => [
      ...told(place),
      ...repairs.flatMap(({ text, problem }): ChatMessage[] => [
        { role: 'assistant', content: text },
        { role: 'user', content: `This is no action: ${problem}. Answer with one action and nothing else.` },
      ]),
    ],
    value: (place) => asked(place, valueQuestion),
    reflection: (place, feedback) => asked(place, reflectionRequest(feedback)),
    written: (action) => action,
    stop: [],
  }
}

function continuations(guide: SearchGuide): SearchPrompts {
  const { instruction, examples = [] } = guide
  const told = ({ task, reflections, steps }: SearchPlace): string =>
    `${headOf({ instruction, examples, reflections, task })}\n${linesOf(steps)}`
  return {
    actor: (place, repairs = []) => {
      const failed = repairs.map(({ text, problem }) => `Action: ${text}\nObservation: this is no action: ${problem}\n`)
      return `${told(place)}${failed.join('')}Action:`
    },
    value: (place) => `${told(place)}Chance of success:`,
    reflection: (place, feedback) => `${told(place)}Failed: ${feedback}\nWhat to do differently next time:`,
    written: (action) => ` ${action}`,
    stop: ['\n'],
  }
}

interface Head extends Omit<SearchPlace, 'steps'> {
  readonly instruction: string
  readonly examples: readonly SearchExample[]
}

function headOf({ instruction, examples, reflections, task }: Head): string {
  const shown = examples.map((example) => `Example:\n${example.task}\n${linesOf(example.steps)}`)
  const learnt = reflections.length === 0 ? [] : [`From earlier attempts that failed:\n${listOf(reflections)}`]
  return [instruction, ...shown, ...learnt, task].join('\n\n')
}

const linesOf = (steps: readonly SearchStep[]): string =>
  steps.map(({ action, observation }) => `Action: ${action}\nObservation: ${observation}\n`).join('')

const listOf = (texts: readonly string[]): string => texts.map((text) => `- ${text}`).join('\n')

const reflectionRequest = (feedback: string): string =>
  `The attempt failed: ${feedback}\nSay in one or two sentences why, and what to do differently next time. Give no solution.`

const textOf = ({ content }: ChatMessage): string => (typeof content === 'string' ? content : '')
