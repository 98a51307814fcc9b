/** The plan of a loaded model as data, for `ostro inspect --plan`. */
import { planGraph } from '../tensor/graph-plan.ts'
import { countElements, resolveShape } from '../tensor/shape.ts'
import type { Graph, Tensor } from '../tensor/graph.ts'
import type { WeightSource } from '../tensor/device.ts'
import type { PlanStep } from './model-info.ts'

/** Offsets are those of the planner for full batches; bytes moved are those of one token. */
export function describePlan(model: {
  readonly graph: Graph
  readonly weights: ReadonlyMap<string, WeightSource>
  readonly chunkTokens: number
  readonly maxRows: number
}): PlanStep[] {
  const { graph, weights } = model
  const plan = planGraph(graph, { T: model.chunkTokens, R: model.maxRows })
  const oneToken = { T: 1, R: 1 }
  const activationBytes = (tensor: Tensor): number => 4 * countElements(resolveShape(tensor.shape, oneToken))
  return graph.nodes.map(({ op, inputs, output }) => {
    const used = inputs.filter((tensor) => tensor.kind === 'weight')
    const weightInfo = used.map((tensor) => {
      return { name: tensor.name, type: tensor.type, sizeBytes: weights.get(tensor.name)?.sizeBytes ?? 0 }
    })
    const activations = [...inputs.filter((tensor) => tensor.kind !== 'weight'), output]
    const share = shareOfToken(op.name, inputs)
    const weightBytes = weightInfo.reduce((sum, { sizeBytes }) => sum + share * sizeBytes, 0)
    return {
      op: op.name,
      label: output.name,
      shape: output.shape,
      type: output.type,
      weights: weightInfo,
      offset: plan.offsets.get(output.id),
      movedBytes: weightBytes + activations.reduce((sum, tensor) => sum + activationBytes(tensor), 0),
    }
  })
}

/** A lookup reads one row of its table, experts are read where they are chosen, everything else as a whole. */
function shareOfToken(op: string, inputs: readonly Tensor[]): number {
  if (op === 'embedding') return 1 / Number(inputs[0]?.shape[0])
  if (op !== 'expert-linear') return 1
  const [, choices, weight] = inputs as readonly [Tensor, Tensor, Tensor]
  return Number(choices.shape[1]) / 2 / Number(weight.shape[0])
}
