/** The plan of a graph for one batch size, and how it is printed. */
import type { Graph, GraphNode } from './graph.ts'
import { describeMemory, planMemory } from './plan.ts'
import type { MemoryPlan } from './plan.ts'
import { countElements, describeShape, resolveShape } from './shape.ts'
import type { SymbolValues } from './shape.ts'

/** Plans the arena of a graph whose activations are f32; `scratchBytesOf` is the device's business. */
export function planGraph(
  g: Graph,
  symbols: SymbolValues,
  scratchBytesOf: (node: GraphNode) => number = () => 0,
): MemoryPlan {
  const steps = g.nodes.map((node) => ({
    inputs: node.inputs.map((tensor) => tensor.id),
    output: node.output.id,
    outputBytes: 4 * countElements(resolveShape(node.output.shape, symbols)),
    scratchBytes: scratchBytesOf(node),
  }))
  return planMemory(
    steps,
    [...g.outputs.values()].map((tensor) => tensor.id),
  )
}

/** The steps in order (op, label, shape, offset, inputs, attributes), then the arena. */
export function describeGraph(g: Graph, symbols: SymbolValues, plan: MemoryPlan = planGraph(g, symbols)): string {
  const lines = g.nodes.map(({ op, inputs, attributes, output }, step) => {
    const shape = describeShape(resolveShape(output.shape, symbols))
    const operands = inputs.map((tensor) => (tensor.kind === 'weight' ? `${tensor.name}:${tensor.type}` : tensor.name))
    const settings = Object.entries(attributes).flatMap(([key, value]) =>
      value === undefined ? [] : `${key}=${value}`,
    )
    const offset = plan.offsets.get(output.id)
    return `${String(step).padStart(5)} ${op.name} ${output.name} ${shape} @${offset} <- ${operands.join(', ')} ${settings.join(' ')}`.trimEnd()
  })
  const names = new Map(g.tensors.map((tensor) => [tensor.id, tensor.name]))
  return [...lines, describeMemory(plan, (tensor) => names.get(tensor) ?? String(tensor))].join('\n')
}
