/** The trace of a run, kept as it goes: one commit a round, trial or iteration, so that what is in the log is never half a round. */
import type { StepEvent } from './step.ts'

/** Where traces go: a file of JSON lines, a table. */
export interface RunLog {
  /** Keeps these events for good before it returns. */
  append(events: readonly StepEvent<unknown>[]): void | Promise<void>
}

/** Events behind which a round is over. */
const commitsBefore: readonly StepEvent<unknown>['type'][] = ['round-start', 'step-output']
const commitsAfter: readonly StepEvent<unknown>['type'][] = ['run-end', 'path-update', 'step-output']

/**
 * Hands events on and keeps them. The pieces of an answer's text are kept as one, where the answer ends; progress is not kept. A round is in
 * the log before the first event of the next one is handed on; what a run that is left or fails had told by then is kept too.
 *
 * @throws what the log throws
 */
export async function* logRun<E extends StepEvent<unknown>>(
  events: AsyncIterable<E>,
  log: RunLog,
): AsyncGenerator<E, void, void> {
  let open: StepEvent<unknown>[] = []
  const join = joinTexts()
  const commit = async (): Promise<void> => {
    const round = open
    open = []
    if (round.length > 0) await log.append(round)
  }
  try {
    for await (const event of events) {
      if (commitsBefore.includes(event.type)) await commit()
      open.push(...join(event))
      if (commitsAfter.includes(event.type)) await commit()
      yield event
    }
  } finally {
    await commit()
  }
}

/** Keeps the pieces of each answer back until it ends. */
function joinTexts(): (event: StepEvent<unknown>) => StepEvent<unknown>[] {
  const texts = new Map<string, { type: 'text-delta' | 'reasoning-delta'; call: number; text: string }>()
  return (event) => {
    switch (event.type) {
      case 'text-delta':
      case 'reasoning-delta': {
        const { type, call, text } = event
        const key = `${call} ${type}`
        texts.set(key, { type, call, text: (texts.get(key)?.text ?? '') + text })
        return []
      }
      case 'end': {
        const mine = [...texts].filter(([, { call }]) => call === event.call)
        for (const [key] of mine) texts.delete(key)
        return [...mine.map(([, text]) => text), event]
      }
      case 'tool-call-start':
      case 'tool-call-delta':
      case 'prefill-progress':
      case 'progress':
      case 'tap':
        return []
      default:
        return [event]
    }
  }
}
