/** Routers with slots: the choice is that of `route`; what shares slots is worked out by the host, once for all routers alike. */
import { OstroError } from '../../../util/error.ts'
import type { CappedRouteAttributes } from '../../../tensor/ops/capped-route.ts'
import type { SecondPolicy } from '../../../tensor/routing/index.ts'
import type { Tensor } from '../../../tensor/graph.ts'
import { groupBytes } from '../kernels/capped-route.ts'
import type { SecondKind } from '../kernels/capped-route.ts'
import { stepFor } from './context.ts'
import type { LowerContext, LowerOp } from './context.ts'
import { float, input, integer, rowsField, tensor, widthOf } from './step.ts'

export const lowerCappedRoute: LowerOp = (context, node) => {
  const { state, rule } = node.attributes as unknown as CappedRouteAttributes
  const [logits] = node.inputs as [Tensor]
  // A single choice that is normalised has weight 1, whoever else has slots.
  const choices = pushRoute(context, node.output, logits, rule.k, state !== undefined && rule.renormalise !== 'never')
  if (state === undefined) lowerGroupedSlots(context, node.output, logits, choices, node.attributes as never)
  else lowerOrderedSlots(context, node.output, logits, choices, node.attributes as never)
}

/** The k best experts with their probabilities. */
function pushRoute(
  { push, newTensor }: LowerContext,
  output: Tensor,
  logits: Tensor,
  k: number,
  renormalise: boolean,
): number {
  const choices = newTensor()
  push({
    ...stepFor(output),
    label: `${output.name} before slots`,
    kernel: renormalise ? 'route:renormalise' : 'route',
    inputs: [logits.id],
    output: choices,
    fields: {
      logits: tensor(logits.id),
      output: tensor(choices),
      rows: rowsField(output),
      experts: integer(widthOf(logits)),
      k: integer(k),
      scale: float(1),
    },
  })
  return choices
}

function lowerOrderedSlots(
  { push, slotBytes }: LowerContext,
  output: Tensor,
  logits: Tensor,
  choices: number,
  { rule, state }: CappedRouteAttributes & { readonly state: number },
): void {
  const slots = rule.capacity?.kind === 'fixed' ? rule.capacity.slots : 0
  push({
    ...stepFor(output),
    kernel: 'ordered-slots',
    inputs: [choices],
    fields: {
      choices: tensor(choices),
      output: tensor(output.id),
      rows: rowsField(output),
      experts: integer(widthOf(logits)),
      slots: integer(slots),
      positions: input('positions'),
      sequences: input('sequences'),
      state: { kind: 'state', state },
      slotBytes: integer(slotBytes),
    },
  })
}

function lowerGroupedSlots(
  { push, pushHost, newTensor, shared }: LowerContext,
  output: Tensor,
  logits: Tensor,
  choices: number,
  { rule, seed, draws }: CappedRouteAttributes,
): void {
  const { kind, value } = secondOf(rule.second)
  const experts = widthOf(logits)
  const key = rule.second.kind === 'random' ? output.id : `${experts}:${JSON.stringify(rule)}`
  const groups = shared(`routing-groups:${key}`, () => {
    const made = newTensor()
    pushHost({ kind: 'routing-groups', rule, experts, source: { seed, draws }, output: made }, groupBytes)
    return made
  })
  push({
    ...stepFor(output),
    kernel: `grouped-slots:${rule.renormalise}:${kind}:${rule.priority}${rule.refusedTakesSlot ? ':refused' : ''}`,
    inputs: [choices, groups],
    fields: {
      choices: tensor(choices),
      output: tensor(output.id),
      groups: tensor(groups),
      rows: rowsField(output),
      k: integer(rule.k),
      second: float(value),
    },
  })
}

function secondOf(second: SecondPolicy): { readonly kind: SecondKind; readonly value: number } {
  switch (second.kind) {
    case 'all':
    case 'none':
      return { kind: second.kind, value: 0 }
    case 'threshold':
      return { kind: `threshold-${second.of}`, value: second.least }
    case 'random':
      return { kind: `random-${second.gate}`, value: second.factor }
    case 'sampling': {
      const message =
        "wasm device: second experts that are sampled ('sampling') have no kernel here. Use the reference device."
      throw new OstroError('unsupported', message)
    }
  }
  return second satisfies never
}
