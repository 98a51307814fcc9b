/** A run as it happens, for people: rounds, the text of the answer under way, scores, calls of tools. Goes where notes go. */
import type { RunResult } from '../tools/steps/run-event.ts'
import type { StepEvent } from '../tools/steps/step.ts'
import type { Output, Stream } from './output.ts'

export interface RunView {
  readonly show: (event: StepEvent<unknown>) => void
}

/** @param stream texts are streamed to it where it is a terminal; lines always */
export function runView(output: Output, stream: Stream): RunView {
  /** Calls that are open, the first of them in the foreground: answers that run side by side would mix their words. */
  const calls = new Map<number, string>()
  let inText = false
  const line = (text: string): void => {
    if (inText) stream.write('\n')
    inText = false
    stream.write(`${text}\n`)
  }
  const short = (text: string): string => {
    const room = Math.max(40, output.columns - 12)
    const flat = text.replaceAll(/\s+/g, ' ').trim()
    return flat.length > room ? `${flat.slice(0, room)}…` : flat
  }
  const show = (event: StepEvent<unknown>): void => {
    switch (event.type) {
      case 'round-start':
        return line(output.bold(`Round ${event.round + 1}`))
      case 'call-start':
        calls.set(event.call, event.purpose)
        return
      case 'text-delta': {
        const [first] = calls.keys()
        if (stream.isTTY !== true || event.call !== first) return
        if (!inText) stream.write(output.dim(`${calls.get(first)}: `))
        inText = true
        stream.write(event.text)
        return
      }
      case 'end':
        calls.delete(event.call)
        return
      case 'candidate-add':
        return stream.isTTY === true && inText
          ? undefined
          : line(`candidate ${event.index + 1}: ${short(String(event.candidate))}`)
      case 'verdict-add': {
        const { passed, score, feedback } = event.verdict
        return line(
          `score ${score.toFixed(2)}${passed ? ', passed' : ''}${feedback === '' ? '' : `: ${short(feedback)}`}`,
        )
      }
      case 'critique-add':
        return issueLines(event.critique).forEach((issue) => line(`- ${short(issue)}`))
      case 'reflection-add':
        return line(`lesson: ${short(event.text)}`)
      case 'memory-read':
        return line(`remembers ${event.reflections.length} lessons`)
      case 'tool-call':
        return line(`${event.id} ${event.name} ${short(event.arguments)}`)
      case 'tool-result':
        return line(`${event.id} ${event.failed ? 'failed' : 'gives'} ${short(event.result)}`)
      case 'node-create':
        return line(
          `node ${event.node} < ${event.parent ?? 'root'}: ${short(`${event.action} → ${event.observation}`)}`,
        )
      case 'path-update':
        return line(`path ${event.path.join(' > ')}: ${event.reward.toFixed(2)}`)
      case 'progress':
        return line(`${event.stage} ${event.done} of ${event.total}`)
      case 'warning-add':
        return line(`Note: ${event.warning.message}`)
      case 'run-end':
        return line(output.dim(summaryOf(event.result)))
      default:
        return
    }
  }
  return { show }
}

function issueLines(critique: unknown): string[] {
  if (typeof critique !== 'object' || critique === null || !('issues' in critique)) return []
  const { issues } = critique as { readonly issues: readonly { readonly quote?: string; readonly problem?: string }[] }
  return issues.map(({ quote = '', problem = '' }) => (quote === '' ? problem : `"${quote}": ${problem}`))
}

function summaryOf({ reason, verdict, verified, spent }: RunResult<unknown>): string {
  const facts = [
    reason,
    ...(verdict === undefined ? [] : [`score ${verdict.score.toFixed(2)}`]),
    verified ? 'verified' : 'not verified',
    `${spent.modelCalls} calls`,
    `${spent.tokensSeen} tokens, ${spent.tokensComputed} computed`,
    `${(spent.wallMs / 1000).toFixed(1)} s`,
  ]
  return facts.join(' · ')
}
