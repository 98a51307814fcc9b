/** The ops of a mixture of experts. The order of the choices by expert is found once for all layers of one mixture. */
import type { BlockTypeName } from '../../../quant/block-type.ts'
import type { Tensor } from '../../../tensor/graph.ts'
import type { RouteAttributes } from '../../../tensor/ops/route.ts'
import { expertPlacesBytes, groupEntry, groupRowBytes } from '../kernels/expert-groups.ts'
import { panelFormats } from '../panel.ts'
import { stepFor } from './context.ts'
import type { LowerContext, LowerOp } from './context.ts'
import { float, integer, rowsField, rowsOf, tensor, vector, widthOf } from './step.ts'

export const lowerRoute: LowerOp = ({ push }, { inputs: [logits], output, attributes }) => {
  const { k, renormalise, scale = 1 } = attributes as unknown as RouteAttributes
  push({
    ...stepFor(output),
    kernel: renormalise ? 'route:renormalise' : 'route',
    inputs: [logits.id],
    fields: {
      logits: tensor(logits.id),
      output: tensor(output.id),
      rows: rowsField(logits),
      experts: integer(widthOf(logits)),
      k: integer(k),
      scale: float(scale),
    },
  })
}

export const lowerExpertLinear: LowerOp = (context, { inputs, output }) => {
  const [x, choices, weight, bias] = inputs as [Tensor, Tensor, Tensor, Tensor | undefined]
  const [E, n, k] = weight.shape as [number, number, number]
  const format = panelFormats[weight.type as BlockTypeName]
  const path = format === undefined || format.kind === 'float' ? undefined : format.kind
  const activations = path === undefined ? x.id : context.encode(x, path)
  const groups = groupChoices(context, choices, E)
  const perToken = widthOf(choices) / 2
  const shared = widthOf(x) === k
  context.push({
    ...stepFor(output),
    kernel: `matmul-experts:${format === undefined ? 'f32' : weight.type}${bias === undefined ? '' : ':bias'}`,
    inputs: [activations, groups],
    fields: {
      activations: tensor(activations),
      weights: { kind: 'weight', name: weight.name, use: 'matmul' },
      output: tensor(output.id),
      ...(bias === undefined ? {} : { bias: vector(bias.name) }),
      groups: tensor(groups),
      rowAt: integer(shared ? groupEntry.token : groupEntry.slot),
      n: integer(n),
      k: integer(k),
    },
    work: { multiplyAdds: perToken * n * k, weight: weight.name, weightShare: perToken / E },
  })
}

/** The table of slots by expert (`expert-groups.ts`). */
function groupChoices({ push, newTensor, shared }: LowerContext, choices: Tensor, experts: number): number {
  return shared(`expert-groups:${choices.id}:${experts}`, () => {
    const output = newTensor()
    const k = widthOf(choices) / 2
    push({
      kernel: 'expert-groups',
      label: `${choices.name} by expert`,
      inputs: [choices.id],
      output,
      rows: rowsOf(choices),
      rowBytes: groupRowBytes(k),
      sharedScratchBytes: expertPlacesBytes(experts),
      fields: {
        choices: tensor(choices.id),
        output: tensor(output),
        rows: rowsField(choices),
        k: integer(k),
        experts: integer(experts),
        places: { kind: 'shared-scratch' },
      },
    })
    return output
  })
}

export const lowerCombineExperts: LowerOp = ({ push }, { inputs, output }) => {
  const [y, choices] = inputs as [Tensor, Tensor]
  push({
    ...stepFor(output),
    kernel: 'combine-experts',
    inputs: [y.id, choices.id],
    fields: {
      input: tensor(y.id),
      choices: tensor(choices.id),
      output: tensor(output.id),
      rows: rowsField(output),
      k: integer(widthOf(choices) / 2),
      width: integer(widthOf(output)),
    },
  })
}
