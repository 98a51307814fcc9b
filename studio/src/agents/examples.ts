/** Something to try each agent with. */
import type { ExampleForm } from '../runs/example-form.ts'

const note = 'Write three sentences about why the Moon has phases.'
const verifier = JSON.stringify(
  [
    { kind: 'words', least: 20, most: 80 },
    { kind: 'rubric', required: ['Moon', ['Sun', 'sunlight']], forbidden: ['shadow of the Earth'] },
  ],
  undefined,
  2,
)

export const agentExamples: Readonly<Record<string, ExampleForm>> = {
  loop: { input: { task: 'Name the three primary colours of light.' }, config: {} },
  reflection: { input: { task: note }, config: { verifier, rounds: '2', maxTokens: '160' } },
  reflexion: { input: { task: note }, config: { verifier, trials: '2', maxTokens: '160' } },
  lats: { input: {}, config: { iterations: '12' } },
  'best-of-n': { input: { task: note }, config: { verifier, maxTokens: '120' } },
  'self-consistency': { input: { task: 'What is 17 + 26? Answer with the number only.' }, config: { maxTokens: '24' } },
}
