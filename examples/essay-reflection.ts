/**
 * An essay that is judged by a rubric, criticised and revised: `node examples/essay-reflection.ts [MODEL] [SEED]`. The rubric is a program: what it
 * says is missing is missing, so the score can only be earned.
 */
import { reflection, textVerifier } from '../src/agents/index.ts'
import { load } from '../src/index.ts'
import type { LanguageModel } from '../src/tools/language-model.ts'

const task = 'Explain to a pupil why the sea has tides. Write 60 to 150 words of plain prose.'
const verifier = textVerifier([
  {
    kind: 'rubric',
    required: [
      ['gravity', 'gravitational'],
      ['Moon', 'lunar'],
      ['Sun', 'solar'],
      ['twice a day', 'two high tides'],
    ],
    forbidden: ['magnet', 'in conclusion'],
    words: { least: 60, most: 150 },
  },
])

/** Writes the essay and tells how it came about. */
export async function writeEssay(model: LanguageModel, print: (line: string) => void, seed = 1): Promise<void> {
  const options = { verifier, rounds: 3, maxTokens: 220, critiqueTokens: 200, seed, budget: { tokens: 8000 } }
  for await (const event of reflection(model, task, options)) {
    if (event.type === 'round-start') print(`\nround ${event.round + 1}`)
    if (event.type === 'candidate-add') print(event.candidate)
    if (event.type === 'verdict-add') print(`score ${event.verdict.score.toFixed(2)}  ${event.verdict.feedback}`)
    if (event.type === 'run-end') {
      const { best, reason, verdict, spent } = event.result
      print(`\n${reason}, best score ${verdict?.score.toFixed(2)}, ${spent.tokensSeen} tokens\n\n${best}`)
    }
  }
}

if (import.meta.main) {
  await using model = await load(process.argv[2] ?? 'smollm2:135m')
  await writeEssay(model, console.log, Number(process.argv[3] ?? 1))
}
