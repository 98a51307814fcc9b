/**
 * Tasks and agents whose runs are written down, for tests of the page: each has the schemas of the real one, which its output is checked
 * with, so that the page is tested with what the server really gives.
 */
import { agentSteps } from '../../src/agents/steps/index.ts'
import { taskSteps } from '../../src/tasks/steps/index.ts'
import type { RunEvent } from '../../src/tools/steps/run-event.ts'
import type { StepDefinition, StepEvent } from '../../src/tools/steps/step.ts'

const spent = { tokensSeen: 1234, tokensComputed: 800, wallMs: 2100, modelCalls: 7, toolCalls: 0, nodes: 0 }
const end = { spent, reason: 'answered', warnings: [] }

export const source = `The lighthouse stands on a rock forty metres above the harbour. The tower of today was built in 1843, after a storm had thrown the one before it into the sea. It is 62 metres high.

A keeper carried olive oil up 287 steps every evening. Electric light came in 1936. The last keeper left in 1988.`

export const hostile = '<img src=x onerror=alert(1)>'

const spanOf = (words: string) => {
  const start = source.indexOf(words)
  return { start, end: start + words.length }
}

/** What the page is asked with, for tasks whose results point into their text. */
export const misspelt = `She go to school every day. ${hostile} Their are many.`

const editOf = (original: string, replacement: string) => {
  const start = misspelt.indexOf(original)
  return { start, end: start + original.length, original, replacement }
}

const outputs: Readonly<Record<string, unknown>> = {
  summarise: {
    summary: `The tower was built in 1843. It is 62 metres high. ${hostile}`,
    support: [
      {
        sentence: 'The tower was built in 1843.',
        ...spanOf('The tower of today was built in 1843'),
        score: 0.9,
        quoted: false,
      },
      { sentence: 'It is 62 metres high.', ...spanOf('It is 62 metres high.'), score: 1, quoted: true },
      { sentence: hostile, ...spanOf('Electric light came in 1936.'), score: 0.5, quoted: false },
    ],
    dropped: [{ sentence: 'It is painted red.', fault: 'Nothing in the source says so.' }],
    parts: 1,
  },
  answer: {
    answer: `It is 62 metres high [1]. ${hostile}`,
    answered: true,
    sentences: [
      {
        text: 'The tower is 62 metres high.',
        state: 'supported',
        citations: [
          {
            n: 1,
            passageId: 'lighthouse.txt',
            quote: 'It is 62 metres high.',
            ...spanOf('It is 62 metres high.'),
            state: 'verified',
          },
        ],
        fault: '',
      },
      { text: hostile, state: 'unsupported', citations: [], fault: 'No passage says so.' },
    ],
    passages: [{ id: 'lighthouse.txt', text: source }],
  },
  correct: {
    text: `She goes to school every day. ${hostile} There are many.`,
    edits: [editOf('go', 'goes'), editOf('Their', 'There')],
  },
  insights: {
    insights: [
      {
        sentence: 'The queue is long.',
        texts: 2,
        mentions: [
          { text: 0, start: 0, end: 19 },
          { text: 1, start: 0, end: 4 },
        ],
      },
      { sentence: hostile, texts: 1, mentions: [{ text: 9, start: 0, end: 4 }] },
    ],
    claims: 7,
    single: 3,
  },
  translate: { text: `Il mare è calmo.\n\n${hostile}`, from: 'en', to: 'it' },
  extract: {
    records: [
      {
        value: { built: 1843, height: '62 metres', owner: hostile },
        spans: [
          { path: 'built', span: spanOf('1843'), inferred: false },
          { path: 'height', span: spanOf('62 metres'), inferred: false },
          { path: 'owner', span: undefined, inferred: true },
        ],
      },
    ],
  },
}

/** The real tasks, of which those that need a good model give what is written down. */
export const studioTasks: readonly StepDefinition[] = taskSteps.map((step) => {
  const output = outputs[step.name]
  if (output === undefined) return step
  const whole = step.output.parse({ ...(output as object), ...end })
  return { ...step, run: () => play([{ type: 'progress', stage: 'read', done: 1, total: 2 }], whole) }
})

/** The real agents, and a search that finds its end at once. */
export const studioAgents: readonly StepDefinition[] = [
  ...agentSteps.filter(({ name }) => name !== 'lats'),
  {
    ...(agentSteps.find(({ name }) => name === 'lats') as StepDefinition),
    run: () => play(searchEvents(), { text: '(10 - 4) * (13 - 9)', verified: true, ...end, reason: 'passed' }),
  },
]

async function* play(events: readonly RunEvent<unknown>[], output: unknown): AsyncGenerator<StepEvent<unknown>> {
  yield* events
  const { spent: all, reason } = output as { spent: typeof spent; reason: 'passed' }
  const result = { best: output, verdict: undefined, verified: reason === 'passed', reason, spent: all, warnings: [] }
  yield { type: 'run-end', result }
  yield { type: 'step-output', output }
}

/** A search for 24 out of 4, 9, 10 and 13: each number of the tree is made by two of those above. */
function searchEvents(): RunEvent<unknown>[] {
  const ways = [
    ['10 - 4 = 6', '13 - 9 = 4', '6 * 4 = 24'],
    ['10 - 4 = 6', '13 + 9 = 22', '22 + 6 = 28'],
    ['9 + 4 = 13', '13 - 13 = 0', '10 + 0 = 10'],
    ['13 - 10 = 3', '9 * 4 = 36', '36 - 3 = 33'],
    ['13 - 10 = 3', '9 - 4 = 5', '5 * 3 = 15'],
    ['10 + 13 = 23', '9 - 4 = 5', '23 + 5 = 28'],
  ]
  const events: RunEvent<unknown>[] = []
  const known = new Map<string, number>([['', 0]])
  // The way to the goal is found last.
  for (const way of ways.toReversed()) {
    const path = [0]
    for (const depth of way.keys()) {
      const key = way.slice(0, depth + 1).join('/')
      const parent = path[depth]
      let node = known.get(key)
      if (node === undefined) {
        node = known.size
        known.set(key, node)
        const ends = depth === way.length - 1
        const passed = ends && way === ways[0]
        const feedback = passed ? '' : `It comes to ${way[2].split(' = ')[1]}, not to 24.`
        const verdict = ends ? { passed, score: passed ? 1 : 0, feedback } : undefined
        const observation = ends ? `Left: ${way[2].split(' = ')[1]}` : 'Three numbers are left.'
        events.push({ type: 'node-create', node, parent, action: way[depth], observation, rollout: false })
        const value = ends ? (passed ? 1 : 0) : way === ways[0] ? 0.7 : 0.35
        events.push({ type: 'node-evaluate', node, value, selfConsistency: 0.4, verdict })
        if (ends && !passed) events.push({ type: 'node-exhaust', node })
      }
      path.push(node)
    }
    const passed = way === ways[0]
    events.push({ type: 'path-update', path, reward: passed ? 1 : 0 })
    if (way === ways[5]) {
      events.push({
        type: 'reflection-add',
        text: 'Large sums overshoot 24; make 6 and 4 instead.',
        node: path[way.length],
      })
    }
  }
  return events
}
