/** The page of an architecture, made from its own graph: a tiny model with seeded weights, followed op by op with its numbers. */
import { architectures } from '../models/registry.ts'
import type { Architecture } from '../models/architecture.ts'
import type { CacheSpec } from '../tensor/graph.ts'
import { countElements, describeShape } from '../tensor/shape.ts'
import { OstroError } from '../util/error.ts'
import { architectureNotes } from './architecture-notes.ts'
import type { ArchitectureNote } from './architecture-notes.ts'
import type { Explanation, LabelledMatrix, Step, Term } from './explanation.ts'
import { formatNumber } from './numbers.ts'
import { opSentences } from './op-sentences.ts'
import { exampleTokens, writeTinyModel } from './tiny-model.ts'
import type { TinyModel, TracedStep } from './tiny-model.ts'

/** Names that `explainArchitecture` takes: of config.json, the first of each architecture. */
export function knownArchitectures(): string[] {
  return architectures.map(nameOf)
}

/**
 * How an architecture computes, from the embedding to the logits.
 * @throws OstroError `not-found` for a name that the registry does not have
 */
export async function explainArchitecture(name: string): Promise<Explanation> {
  const architecture = findArchitecture(name)
  const topic = nameOf(architecture)
  const note = architectureNotes[topic] ?? { title: topic, idea: '', sources: [] }
  const { model, trace } = writeTinyModel(architecture, note)
  const sections = splitSections(await trace())
  return {
    topic,
    title: note.title,
    summary: [note.idea, `Here is one that fits on a page, with random weights.`].join(' ').trim(),
    steps: [sizeStep(model, note), ...describeSections(sections), parameterStep(model), stateStep(model)],
    sources: note.sources,
  }
}

function findArchitecture(name: string): Architecture {
  const found =
    architectures.find((architecture) => nameOf(architecture) === name) ??
    architectures.find(({ names }) => names.gguf.includes(name) || names.hf.includes(name))
  if (found !== undefined) return found
  const topics = ['attention', 'router', 'scan', ...knownArchitectures()]
  throw new OstroError('not-found', `explain: expected one of ${topics.join(', ')}, got ${name.slice(0, 80)}.`, {
    topics,
  })
}

function nameOf({ names }: Architecture): string {
  return names.hf[0] ?? names.gguf[0]
}

function sizeStep({ config, graph, encoder }: TinyModel, { title }: ArchitectureNote): Step {
  const blocks = `${config.layers} blocks, tokens of ${config.width} numbers (D)`
  return {
    title: 'The example',
    formula: '',
    why: `A ${title} with ${blocks}, written as a graph of ${encoder.nodes.length + graph.nodes.length} ops. It reads the ${exampleTokens.length} tokens with the ids ${exampleTokens.join(', ')}; the numbers shown are the first ones of the last token. A real model differs in size, not in kind.`,
    matrices: [],
  }
}

interface Section {
  readonly title: string
  readonly steps: readonly TracedStep[]
  /** Blocks of the same kind. */
  readonly blocks: readonly string[]
}

/** What stands before, between and after the blocks, and one block of each kind. */
function splitSections(traced: readonly TracedStep[]): Section[] {
  const runs: { prefix: string; steps: TracedStep[] }[] = []
  for (const step of traced) {
    const prefix = prefixOf(step)
    const last = runs.at(-1)
    if (last?.prefix === prefix) last.steps.push(step)
    else runs.push({ prefix, steps: [step] })
  }
  const sections: { title: string; steps: TracedStep[]; blocks: string[]; kind: string }[] = []
  for (const { prefix, steps } of runs) {
    const kind = steps
      .map(
        (step) =>
          `${stackOf(prefix)} ${step.node.op.name} ${labelOf(step)} ${describeShape(step.shape)} ${windowOf(step)}`,
      )
      .join('\n')
    const same = prefix === '' ? undefined : sections.find((section) => section.kind === kind)
    if (same === undefined) sections.push({ title: prefix, steps, blocks: [prefix], kind })
    else same.blocks.push(prefix)
  }
  return sections
}

/** `blk.3.`, also behind the name of a stack (`enc.blk.3.`); empty outside of blocks. */
function prefixOf({ node }: TracedStep): string {
  return /^(?:.*\.)?blk\.\d+\./.exec(node.output.name)?.[0] ?? ''
}

function stackOf(prefix: string): string {
  return prefix.replace(/\d+\.$/, '')
}

function labelOf(step: TracedStep): string {
  return step.node.output.name.slice(prefixOf(step).length)
}

function windowOf({ node }: TracedStep): string {
  return String(node.attributes['window'] ?? '')
}

function describeSections(sections: readonly Section[]): Step[] {
  const told = new Set<string>()
  return sections.map(({ title, steps, blocks }, index) => {
    const names = [...new Set(steps.map(({ node }) => node.op.name))].filter((name) => !told.has(name))
    for (const name of names) told.add(name)
    const terms = names.flatMap((name): Term[] => {
      const text = opSentences[name]
      return text === undefined ? [] : [{ term: name, text }]
    })
    return {
      ...sectionText(title, blocks, index === sections.length - 1, index === 0),
      formula: '',
      terms,
      matrices: [traceTable(steps)],
    }
  })
}

/** Names of stacks in labels. */
const sides: Readonly<Record<string, string>> = { enc: 'Encoder', dec: 'Decoder' }

function sectionText(
  prefix: string,
  blocks: readonly string[],
  isLast: boolean,
  isFirst: boolean,
): Pick<Step, 'title' | 'why'> {
  if (prefix !== '') {
    const numbers = blocks.map((block) => /(\d+)\.$/.exec(block)?.[1] ?? '')
    const stack = stackOf(prefix).replace(/\.?blk\.$/, '')
    const others =
      numbers.length === 1 ? '' : ` Blocks ${numbers.join(', ')} are alike; the numbers are those of the first.`
    const which = `${numbers.length === 1 ? 'block' : 'blocks'} ${numbers.join(', ')}`
    const side = stack === '' ? '' : `${sides[stack] ?? stack}, `
    return {
      title: (side + which).replace(/^b/, 'B'),
      why: `Each line is one op: what it is, the name of its result, its shape, and the numbers.${others}`,
    }
  }
  if (isFirst) return { title: 'From ids to numbers', why: 'What happens before the first block.' }
  if (isLast)
    return {
      title: 'From numbers to a prediction',
      why: 'The last token becomes one score for each id: the logits, from which the next token is drawn.',
    }
  return { title: 'Between the blocks', why: 'What leads from one stack of blocks to the next.' }
}

function traceTable(steps: readonly TracedStep[]): LabelledMatrix {
  return {
    id: 'op',
    rows: steps.map(({ node }) => node.op.name),
    columns: ['result', 'shape', 'last token'],
    values: steps.map((step) => [labelOf(step), describeShape(step.node.output.shape), firstNumbers(step)]),
  }
}

function firstNumbers({ shape, values }: TracedStep): string {
  const width = shape.at(-1) ?? 1
  const row = [...values.subarray(values.length - width)]
  const shown = row.slice(0, 4).map((value) => formatNumber(Number(value.toPrecision(3))))
  return [...shown, ...(row.length > 4 ? ['…'] : [])].join('  ')
}

function parameterStep({ parameters }: TinyModel): Step {
  const rows = [...parameters].map(([name, shape]) => ({ name, shape, count: countElements(shape) }))
  const total = rows.reduce((sum, { count }) => sum + count, 0)
  const block = rows.filter(({ name }) => !/blk\.[1-9]\d*\./.test(name))
  return {
    title: `Parameters: ${total}`,
    formula: '',
    why: 'Every learned number, tensor by tensor, for the first block and what stands outside of blocks. In large models nearly all of them are in the matrices of the blocks.',
    matrices: [
      {
        id: 'tensor',
        rows: block.map(({ name }) => name),
        columns: ['shape', 'numbers'],
        values: block.map(({ shape, count }) => [describeShape(shape), String(count)]),
      },
    ],
  }
}

/** Bytes of one key or value in the 16-bit floats that are the default. */
const cacheElementBytes = 2

function stateStep({ graph }: TinyModel): Step {
  const bytesOf = (caches: readonly CacheSpec[]): number =>
    caches.reduce((sum, { kvHeads, headDim }) => sum + 2 * kvHeads * headDim * cacheElementBytes, 0)
  const memories = graph.caches.filter(({ memory = false }) => memory)
  const perToken = bytesOf(graph.caches.filter(({ memory = false }) => !memory))
  const source = memories.length === 0 ? '' : ` Each token of the source takes another ${bytesOf(memories)} bytes.`
  const fixed = graph.states.reduce((sum, { shape }) => sum + 4 * countElements(shape), 0)
  const growing =
    graph.caches.length === 0
      ? 'It keeps no keys and values, so memory does not grow with the text.'
      : `Keys and values grow by ${perToken} bytes with each token (16-bit floats), in windowed blocks only up to the window.`
  const constant =
    graph.states.length === 0 ? '' : ` Its states take ${fixed} bytes (32-bit floats), however long the text is.`
  const caches = graph.caches.map(({ kvHeads, headDim, window, memory = false }, index) => ({
    name: `cache ${index}`,
    cells: [
      `2 x ${kvHeads} x ${headDim} per token`,
      memory ? 'the source' : window === undefined ? 'all tokens' : `last ${window} tokens`,
    ],
  }))
  const states = graph.states.map(({ name, shape }) => ({ name, cells: [describeShape(shape), 'fixed'] }))
  const rows = [...caches, ...states]
  return {
    title: 'Memory of a conversation',
    formula: '',
    why: growing + source + constant,
    matrices: [
      {
        id: 'kept',
        rows: rows.map(({ name }) => name),
        columns: ['numbers', 'of'],
        values: rows.map(({ cells }) => cells),
      },
    ],
  }
}
