/** Essays by rubric: what reflection gains from a verifier that says what is missing, and what it does without one. */
import type { LanguageModel } from '../../tools/language-model.ts'
import type { RunOptions } from '../../tools/steps/run.ts'
import { bestOfN, loop, reflection, textVerifier } from '../../agents/index.ts'
import type { Benchmark, BenchmarkItem } from './benchmark.ts'
import { type EssayTask, essayTasks } from './essay-tasks.ts'

/** Tokens of a draft: 180 words and some. */
const maxTokens = 320
const critiqueTokens = 200

export const essaysBenchmark: Benchmark = {
  name: 'essays',
  description:
    'Essays of 80 to 180 words. Verifiers tell length, missing and wrong points; the grader also counts points that nobody was told of.',
  baseline: 'once',
  // A prime step goes through all of them, and another seed begins elsewhere.
  items: (count, seed) =>
    Array.from({ length: Math.min(count, essayTasks.length) }, (_, index) =>
      itemOf(essayTasks[(seed + index * 7) % essayTasks.length] as EssayTask),
    ),
}

function itemOf({ id, task, required, hidden, forbidden, words }: EssayTask): BenchmarkItem {
  const visible = rubric({ required, forbidden, words })
  const whole = rubric({ required: [...required, ...hidden], forbidden, words })
  const messages = [{ role: 'user', content: task }]
  return {
    id,
    methods: {
      once: (model, options) => loop(model, task, { ...options, maxTokens, temperature: 0.7 }),
      'best-of-n': (model, options) =>
        bestOfN<string>(model, model.can.chat ? messages : basePrompt(task), {
          ...options,
          verifier: visible,
          samples: samplesFor(options),
          maxTokens,
        }),
      reflection: (model, options) =>
        reflection(model, task, { ...options, verifier: visible, maxTokens, critiqueTokens, rounds: 20 }),
      'reflection-alone': (model: LanguageModel, options: RunOptions) =>
        reflection(model, task, { ...options, maxTokens, critiqueTokens, rounds: 20 }),
    },
    grade: async (candidate, signal) => (await whole.verify(String(candidate), { signal })).score,
  }
}

const rubric = ({ required, forbidden, words }: Pick<EssayTask, 'required' | 'forbidden' | 'words'>) =>
  textVerifier([{ kind: 'rubric', required: copies(required), forbidden: copies(forbidden), words }])

const copies = (points: EssayTask['required']): (string | string[])[] =>
  points.map((point) => (typeof point === 'string' ? point : [...point]))

/** As many as the budget could ever pay for; it ends the run. */
const samplesFor = ({ budget }: RunOptions): number => Math.max(2, Math.ceil((budget?.tokens ?? 4000) / 100))

const basePrompt = (task: string): string => `Task: ${task}\nEssay:`
