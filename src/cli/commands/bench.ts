/** ostro bench: tokens per second of a model on this machine, with the bandwidth that explains it; per op on request. */
import type { Model, StepProfile } from '../../index.ts'
import { usage } from '../arguments.ts'
import { defineCommand } from '../command.ts'
import { count, loadArgs, loadModel } from '../model-options.ts'
import { formatTable } from '../output.ts'

export const command = defineCommand({
  args: {
    model: { type: 'positional', required: true, description: 'Name, URI or path' },
    prompt: { type: 'string', description: 'Tokens of the prompt', default: '512' },
    decode: { type: 'string', description: 'Tokens to generate after a prompt of 64', default: '64' },
    runs: { type: 'string', description: 'Runs of each; the median counts', default: '5' },
    'per-op': { type: 'boolean', description: 'Also the time of each op' },
    ...loadArgs,
  },
  run: async ({ args, output, signal }) => {
    const promptTokens = count('prompt', args.prompt) ?? 512
    const decodeTokens = count('decode', args.decode) ?? 64
    const runs = count('runs', args.runs) ?? 5
    if (promptTokens < 1 || decodeTokens < 1 || runs < 1)
      throw usage('expected --prompt, --decode and --runs of at least 1')
    await using model = await loadModel(args.model, args, output, signal)
    const movedBytes = (await model.plan()).reduce((sum, step) => sum + step.movedBytes, 0)
    const prefill = await medianOf(runs, async (run) => {
      const { usage: used, timings } = await complete(model, promptTokens, 1, run, signal)
      return (1000 * used.promptTokens) / timings.prefillMs
    })
    const decode = await medianOf(runs, async (run) => {
      const { usage: used, timings } = await complete(model, 64, decodeTokens + 1, run + runs, signal)
      return (1000 * (used.generatedTokens - 1)) / timings.decodeMs
    })
    const decodeGigabytesPerSecond = (decode * movedBytes) / 1e9
    const perOp = args['per-op'] === true ? await profile(model) : undefined
    const value = {
      model: model.info.name,
      device: model.info.device,
      prefillTokensPerSecond: prefill,
      decodeTokensPerSecond: decode,
      decodeGigabytesPerSecond,
      promptTokens,
      decodeTokens,
      runs,
      ...perOp,
    }
    const lines = [
      `prefill of ${promptTokens}: ${prefill.toFixed(1)} tokens/s`,
      `decode of ${decodeTokens}: ${decode.toFixed(1)} tokens/s, ${decodeGigabytesPerSecond.toFixed(2)} GB/s`,
    ]
    if (perOp !== undefined)
      lines.push('', 'decode, one token', opTable(perOp.decodeOps), '', 'prefill', opTable(perOp.prefillOps))
    output.print(value, lines.join('\n'))
  },
})

/** Each run has tokens of its own, so that nothing is found in the cache; control tokens never end it early. */
async function complete(model: Model, promptTokens: number, maxTokens: number, run: number, signal: AbortSignal) {
  const V = model.info.vocabularySize
  const prompt = Array.from({ length: promptTokens }, (_, index) => 3 + ((index * 7919 + run * 104_729) % (V - 3)))
  const result = await model.complete(prompt, { maxTokens, temperature: 0, ignoreEnd: true, signal })
  return result
}

async function medianOf(runs: number, measure: (run: number) => Promise<number>): Promise<number> {
  const values: number[] = []
  // One run warms up and is not counted.
  for (let run = 0; run <= runs; run++) values.push(await measure(run))
  const counted = values.slice(1).toSorted((a, b) => a - b)
  return counted[counted.length >> 1]
}

async function profile(model: Model): Promise<{ decodeOps: StepProfile[]; prefillOps: StepProfile[] }> {
  return { decodeOps: await model.profile(1, 10), prefillOps: await model.profile(64, 3) }
}

function opTable(ops: readonly StepProfile[]): string {
  const total = ops.reduce((sum, op) => sum + op.milliseconds, 0)
  const rows = ops.map((op) => [
    op.op,
    String(op.calls),
    `${op.milliseconds.toFixed(2)} ms`,
    `${((100 * op.milliseconds) / total).toFixed(1)} %`,
    op.gigabytesPerSecond === undefined ? '' : `${op.gigabytesPerSecond.toFixed(2)} GB/s`,
    op.gigaOperationsPerSecond === undefined ? '' : `${op.gigaOperationsPerSecond.toFixed(2)} GOPS`,
  ])
  return formatTable([['op', 'calls', 'time', 'share', 'weights', 'arithmetic'], ...rows])
}
