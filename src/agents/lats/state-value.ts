/** How good a model finds the state that a prompt of ours tells of. */
import type { LanguageModel } from '../../tools/language-model.ts'
import type { AskOptions, Run } from '../../tools/steps/run.ts'
import { expectedScore } from '../expected-score.ts'
import type { SearchCost } from './node.ts'
import type { SearchPlace, SearchPrompts } from './prompts.ts'

export interface ValueRequest {
  readonly place: SearchPlace
  readonly path: AskOptions['path']
  readonly cost: SearchCost
}

/** Its expected mark from 0 to 1; of a model that cannot score, the mark that it writes, and half where it writes none. */
export async function stateValue<C>(
  run: Run<C>,
  model: LanguageModel,
  prompts: SearchPrompts,
  { place, path, cost }: ValueRequest,
): Promise<number> {
  const prompt = prompts.value(place)
  cost.modelCalls++
  if (model.can.score) return expectedScore(run, model, prompt)
  const asked = { purpose: 'evaluate', path, maxTokens: 8, temperature: 0, stop: prompts.stop }
  const { text, end } = await run.ask(model, prompt, asked)
  cost.tokens += end.usage.promptTokens + end.usage.generatedTokens
  const mark = /\d+(\.\d+)?/.exec(text)
  return mark === null ? 0.5 : Math.min(10, Number(mark[0])) / 10
}
