/**
 * Runs reflexion on a scripted model with a memory in the file of its first argument, and kills itself after the commit whose number is its
 * second (0: before the first). Prints its result.
 */
import { openSqliteMemory } from '../../src/agents/reflexion/memory-sqlite.node.ts'
import { reflexion } from '../../src/agents/reflexion.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { resultOf } from '../../src/tools/steps/run.ts'

const [file = '', commits = ''] = process.argv.slice(2)
const die = (): void => void process.kill(process.pid, 'SIGKILL')

const kept = openSqliteMemory(file)
let stored = 0
const memory = {
  ...kept,
  store: async (...given: Parameters<typeof kept.store>) => {
    if (commits === '0') die()
    await kept.store(...given)
    if (String(++stored) === commits) die()
  },
}
const model = scriptedModel({ answers: ({ random }) => `answer ${Math.floor(random.float() * 1e6)}` })
const evaluator = {
  source: 'external' as const,
  verify: (text: string) => ({
    passed: false,
    score: (Number(text.slice(7)) % 97) / 97,
    feedback: `${text} is not it`,
  }),
}
const { best, verdict } = await resultOf(
  reflexion(model, 'the task', { evaluator, memory, runId: 'run', seed: 3, trials: 4 }),
)
console.log(JSON.stringify({ best, verdict, calls: model.requests.length }))
