/** Environments by name, for commands, forms and flows: how a task is written, and how a model is told what to do. */
import { OstroError } from '../../util/error.ts'
import type { JsonValue } from '../../util/json.ts'
import type { Environment } from '../environment.ts'
import type { SearchGuide } from '../lats/prompts.ts'
import { fileTree } from './file-tree.ts'
import { keyDoor, keyDoorTask } from './key-door.ts'
import { countdown, gameOf24 } from './numbers-environment.ts'

export interface EnvironmentDefinition {
  readonly name: string
  /** One sentence for users. */
  readonly description: string
  /** How a task is written: one that can be tried. */
  readonly taskForm: string
  /** @throws OstroError `environment-failed` for a text that names no task */
  readonly readTask: (text: string) => JsonValue
  readonly create: () => Environment<unknown>
  readonly guide: SearchGuide
  /** Actions that a task may need; budgets of depth are at least that. */
  readonly depth: (task: JsonValue) => number
}

const numbersGuide: SearchGuide = {
  instruction:
    'Make the target from the numbers. In each step take two of the numbers left and replace them by the result of + - * or /. ' +
    'Answer with the next step and nothing else, such as: 8 / 4',
  examples: [
    {
      task: 'Numbers: 2 3 4 6. Target: 24.',
      steps: [
        { action: '4 - 3', observation: '4 - 3 = 1. Numbers left: 2 6 1.' },
        { action: '2 + 1', observation: '2 + (4 - 3) = 3. Numbers left: 6 3.' },
      ],
    },
  ],
  valueQuestion:
    'How likely can the target still be made from the numbers left? Answer with a mark from 0/10 (impossible) to 10/10 (certain).',
}

export const environments: readonly EnvironmentDefinition[] = [
  {
    name: 'game-of-24',
    description: 'Make 24 from four numbers, each used once.',
    taskForm: '4 9 10 13',
    readTask: (text) => ({ numbers: readNumbers('game-of-24', text), target: 24 }),
    create: () => erased(gameOf24()),
    guide: numbersGuide,
    depth: numbersDepth,
  },
  {
    name: 'countdown',
    description: 'Make a target from some of the numbers, with whole numbers above 0 on the way.',
    taskForm: '3 5 25 50 -> 190',
    readTask: (text) => {
      const [numbers, target = ''] = text.split(/->|=/)
      return { numbers: readNumbers('countdown', numbers), target: readNumbers('countdown', target)[0] }
    },
    create: () => erased(countdown()),
    guide: numbersGuide,
    depth: numbersDepth,
  },
  {
    name: 'key-door',
    description: 'Fetch the key, pass the door, reach the exit of a random grid; its number is the task.',
    taskForm: '7',
    readTask: (text) => ({ ...keyDoorTask(readNumbers('key-door', text)[0]) }),
    create: () => erased(keyDoor()),
    guide: {
      instruction: 'Find the way. Answer with the next move and nothing else: north, south, east or west.',
      examples: [
        {
          task: 'You are @. Fetch the key K, pass the door D, reach the exit E; # is wall.\n@K\n#D\n.E',
          steps: [
            { action: 'east', observation: 'You take the key. Free ways: south, west. Key: yes. Moves left: 4.' },
          ],
        },
      ],
    },
    depth: (task) => (task as { steps: number }).steps,
  },
  {
    name: 'file-tree',
    description: 'Move files until every path is the one wanted.',
    taskForm: '{"files": {"a.txt": "letter"}, "goal": {"letters/a.txt": "letter"}, "steps": 3}',
    readTask: (text) => readJson('file-tree', text),
    create: () => erased(fileTree()),
    guide: {
      instruction:
        'Put the files in order. Answer with the next move and nothing else, such as: move a.txt notes/a.txt',
      examples: [
        {
          task: 'Files:\n- a.txt: note\nWanted:\n- notes/a.txt: note\nMoves left: 2.',
          steps: [{ action: 'move a.txt notes/a.txt', observation: 'Moved. In place: 100 %.' }],
        },
      ],
    },
    depth: (task) => (task as { steps: number }).steps,
  },
]

/** @throws OstroError `not-found` with the names there are */
export function environmentNamed(name: string): EnvironmentDefinition {
  const found = environments.find((environment) => environment.name === name)
  if (found !== undefined) return found
  const names = environments.map((environment) => environment.name).join(', ')
  throw new OstroError('not-found', `environment: one of ${names} expected, got ${name}.`, { name })
}

function readNumbers(name: string, text: string): number[] {
  const words = text.trim().split(/[\s,]+/)
  if (words.every((word) => /^\d{1,9}$/.test(word))) return words.map(Number)
  throw new OstroError('environment-failed', `${name}: whole numbers expected, got ${JSON.stringify(text)}.`, { text })
}

function readJson(name: string, text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch (cause) {
    const message = `${name}: a task in JSON expected, got ${JSON.stringify(text)}.`
    throw new OstroError('environment-failed', message, { text }, { cause })
  }
}

function numbersDepth(task: JsonValue): number {
  return Math.max(1, (task as { numbers: readonly number[] }).numbers.length - 1)
}

/** Actions go out of an environment and back into it only, so nobody outside needs their type. */
const erased = <A>(environment: Environment<A>): Environment<unknown> => environment as Environment<unknown>
