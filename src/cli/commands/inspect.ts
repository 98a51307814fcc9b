/** ostro inspect: the architecture of a model, its tensors, and the plan of steps that one run of each of its graphs takes. Reads no weight. */
import { openSource } from '../../engine/open-source.node.ts'
import type { ModelInfo, PlanStep } from '../../engine/model-info.ts'
import { describePlan } from '../../engine/plan-steps.ts'
import { openModel, structureOf } from '../../models/index.ts'
import type { ModelStructure } from '../../models/index.ts'
import type { Graph } from '../../tensor/graph.ts'
import { countElements } from '../../tensor/shape.ts'
import { usage } from '../arguments.ts'
import { defineCommand } from '../command.ts'
import { count, fetchModel, loadArgs } from '../model-options.ts'
import { formatBytes, formatTable } from '../output.ts'

export const command = defineCommand({
  args: {
    model: { type: 'positional', required: true, description: 'Name, URI or path' },
    plan: {
      type: 'boolean',
      description: 'Also the steps: op, shape, type, offset in the arena, bytes moved per token',
    },
    tensors: { type: 'boolean', description: 'Also every tensor' },
    tokens: { type: 'string', description: 'Tokens in one run, for which the arena is planned', default: '256' },
    'accept-licence': loadArgs['accept-licence'],
  },
  run: async ({ args, output, signal }) => {
    const chunkTokens = count('tokens', args.tokens) ?? 256
    if (chunkTokens < 1) throw usage(`expected --tokens of at least 1, got ${args.tokens}`)
    const { path } = await fetchModel(args.model, args, output, signal)
    const file = await openSource(path, { signal, acceptLicence: false, onDownload: () => undefined })
    try {
      const opened = await openModel(file.files)
      const { architecture, config, weights } = opened
      const graph = opened.graph()
      const plan = (of: Graph) => describePlan({ graph: of, weights, chunkTokens, maxRows: 1 })
      const steps = plan(graph)
      const encoderSteps = opened.encoderGraph === undefined ? undefined : plan(opened.encoderGraph())
      const structure = structureOf(opened)
      const tensors = [...file.files.tensors.values()].map(({ name, shape, type, sizeBytes }) => {
        return { name, shape, type, sizeBytes }
      })
      const parameters = tensors.reduce((sum, { shape }) => sum + countElements(shape), 0)
      const { tokenizer } = file
      const facts = {
        name: file.name,
        architecture: architecture.names.gguf[0] ?? architecture.names.hf[0],
        kind: kindOf(structure, file.chatTemplate !== undefined),
        structure,
        parameters,
        weightBytes: tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
        tokenizer:
          tokenizer === undefined ? undefined : { kind: tokenizer.kind, vocabularySize: tokenizer.vocabularySize },
        config,
        caches: graph.caches,
        encoderSteps: encoderSteps?.length,
        steps: steps.length,
        movedBytesPerToken: steps.reduce((sum, step) => sum + step.movedBytes, 0),
      }
      const wanted = {
        ...(args.tensors ? { tensors } : {}),
        ...(args.plan ? { encoderPlan: encoderSteps, plan: steps } : {}),
      }
      const sections = [formatTable(factRows(facts)), formatTable(typeRows(tensors))]
      if (args.tensors === true) {
        sections.push(
          formatTable(tensors.map((row) => [row.name, row.type, row.shape.join(' x '), formatBytes(row.sizeBytes)])),
        )
      }
      if (args.plan === true) {
        if (encoderSteps !== undefined) sections.push(`encoder\n${planTable(encoderSteps)}`, 'decoder')
        sections.push(planTable(steps))
      }
      output.print({ ...facts, ...wanted }, sections.join('\n\n'))
    } finally {
      await file.close()
    }
  },
})

/** What the engine makes of it. */
function kindOf(structure: ModelStructure, hasTemplate: boolean): ModelInfo['kind'] {
  if (structure === 'encoder-decoder') return 'translator'
  if (structure === 'encoder') return 'encoder'
  return hasTemplate ? 'chat' : 'base'
}

function factRows(facts: Readonly<Record<string, unknown>>): string[][] {
  return Object.entries(facts).flatMap(([key, value]) => {
    if (value === undefined || key === 'caches') return []
    if (key.toLowerCase().includes('bytes')) return [[key, formatBytes(Number(value))]]
    if (typeof value !== 'object' || value === null) return [[key, String(value)]]
    return Object.entries(value).map(([inner, entry]) => {
      return [inner in facts ? `${key} ${inner}` : inner, JSON.stringify(entry) ?? 'none']
    })
  })
}

function typeRows(tensors: readonly { readonly type: string; readonly sizeBytes: number }[]): string[][] {
  const sums = new Map<string, { count: number; sizeBytes: number }>()
  for (const { type, sizeBytes } of tensors) {
    const sum = sums.get(type) ?? { count: 0, sizeBytes: 0 }
    sums.set(type, { count: sum.count + 1, sizeBytes: sum.sizeBytes + sizeBytes })
  }
  return [...sums].map(([type, sum]) => [type, `${sum.count} tensors`, formatBytes(sum.sizeBytes)])
}

function planTable(steps: readonly PlanStep[]): string {
  const rows = steps.map((step, index) => [
    String(index),
    step.op,
    step.label,
    `[${step.shape.join(', ')}]`,
    step.weights.map(({ type }) => type).join(' ') || step.type,
    step.offset === undefined ? '' : `@${step.offset}`,
    formatBytes(step.movedBytes),
  ])
  return formatTable([['step', 'op', 'label', 'shape', 'type', 'offset', 'moved'], ...rows])
}
