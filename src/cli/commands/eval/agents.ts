/**
 * ostro eval agents: what agents gain over plain sampling with the same tokens, on tasks that code judges. Prints each outcome, then every
 * method with its interval and its difference from the baseline.
 */
import { type AgentOutcome, type AgentReport, evaluateAgents, reportAgents } from '../../../evals/agents/benchmark.ts'
import { benchmarks } from '../../../evals/agents/index.ts'
import { defaultModelName } from '../../../hub/index.ts'
import { usage } from '../../arguments.ts'
import { defineCommand } from '../../command.ts'
import { count, loadArgs, loadModel } from '../../model-options.ts'
import { formatTable } from '../../output.ts'

export const command = defineCommand({
  args: {
    benchmark: { type: 'positional', required: true, description: benchmarks.map(({ name }) => name).join(', ') },
    model: { type: 'string', description: 'Name, URI or path', default: defaultModelName },
    items: { type: 'string', description: 'Tasks', default: '30' },
    tokens: { type: 'string', description: 'For each task and method, prompts counted whole', default: '20000' },
    seeds: { type: 'string', description: 'Runs of each task, with seeds 1, 2, ...', default: '1' },
    methods: { type: 'string', description: 'Only these, joined by commas; the baseline is always among them' },
    traces: { type: 'boolean', description: 'With --json: the events of every run' },
    ...loadArgs,
  },
  run: async ({ args, output, signal }) => {
    const benchmark = benchmarks.find(({ name }) => name === args.benchmark)
    if (benchmark === undefined) {
      throw usage(`expected ${benchmarks.map(({ name }) => name).join(', ')}, got ${args.benchmark}`)
    }
    const tokens = positive('tokens', args.tokens)
    const options = {
      items: positive('items', args.items),
      tokens,
      seeds: Array.from({ length: positive('seeds', args.seeds) }, (_, index) => index + 1),
      methods: args.methods?.split(',').map((name) => name.trim()),
      signal,
      now: () => performance.now(),
    }
    await using model = await loadModel(args.model, args, output, signal)
    output.note(`${benchmark.description} ${options.items} tasks, ${tokens} tokens for each and each method.`)
    const outcomes: AgentOutcome[] = []
    for await (const outcome of evaluateAgents(model, benchmark, options)) {
      outcomes.push(outcome)
      const { trace, ...told } = outcome
      output.print(args.traces === true ? { ...told, trace } : told, lineOf(outcome))
    }
    const report = reportAgents(outcomes, { model: args.model, benchmark, tokens })
    output.print(report, `\n${tableOf(report)}`)
  },
})

function positive(name: string, text: string): number {
  const value = count(name, text) ?? 0
  if (value >= 1) return value
  throw usage(`expected --${name} of at least 1, got ${text}`)
}

function lineOf({ item, method, score, reason, spent }: AgentOutcome): string {
  return `${item}: ${method} ${score.toFixed(2)}, ${reason}, ${spent.tokensSeen} tokens (${spent.tokensComputed} computed), ${(spent.wallMs / 1000).toFixed(1)} s`
}

function tableOf({ methods, pairs, spent }: AgentReport): string {
  const rows = methods.map(({ method, items, right, mean, interval }) => {
    const pair = pairs.find((other) => other.method === method)
    const { tokensSeen, tokensComputed, wallMs } = spent[method]
    return [
      method,
      `${right} of ${items}`,
      `${percent(mean)} (${percent(interval[0])} to ${percent(interval[1])})`,
      pair === undefined
        ? 'baseline'
        : `${signed(pair.difference)} (${signed(pair.interval[0])} to ${signed(pair.interval[1])})`,
      pair === undefined ? '' : pair.p.toFixed(3),
      `${tokensSeen} (${tokensComputed})`,
      `${(wallMs / 1000).toFixed(1)} s`,
    ]
  })
  const heads = ['method', 'solved', 'mean, 95 %', 'difference, 95 %', 'McNemar p', 'tokens (computed)', 'time']
  return formatTable([heads, ...rows])
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}`

const signed = (share: number): string => `${share < 0 ? '−' : '+'}${percent(Math.abs(share))}`
