/** The events of an answer that a grammar holds: what was generated, told as text, thinking and calls. */
import type { TokenEvent } from '../generate/answer.ts'
import type { GenerateEvent } from '../generate/generate.ts'
import type { ChatEvent, TextDeltaEvent } from '../tools/index.ts'
import type { Usage } from '../util/generation.ts'
import type { HeldTurn } from './chat-turn.ts'

type EndOfGeneration = Extract<GenerateEvent, { type: 'end' }>

/** Also ends generation where the turn is over before its grammar is. */
export async function* readHeldAnswer(
  generated: AsyncIterable<GenerateEvent>,
  held: HeldTurn,
  promptTokens: number,
  nameLogprobs: (event: TokenEvent) => TextDeltaEvent['logprobs'],
  onToken: () => void,
): AsyncGenerator<Exclude<ChatEvent, { type: 'end' }> | EndOfGeneration> {
  let cachedTokens = 0
  let generatedTokens = 0
  for await (const event of generated) {
    switch (event.type) {
      case 'prefill':
        cachedTokens = promptTokens - event.totalTokens
        yield { type: 'prefill-progress', doneTokens: event.doneTokens, totalTokens: event.totalTokens }
        break
      case 'token': {
        onToken()
        generatedTokens++
        yield* withoutEnd(held.tell(event, nameLogprobs(event)))
        const over = held.over()
        if (over === undefined) break
        const { events, end } = held.finish(over)
        yield* withoutEnd(events)
        yield { type: 'end', ...end, usage: withDecision({ promptTokens, cachedTokens, generatedTokens }, held) }
        return
      }
      case 'text':
        break
      case 'end': {
        const { events, end } = held.finish(event.reason)
        yield* withoutEnd(events)
        yield { ...event, ...end, usage: withDecision(event.usage, held) }
        break
      }
      default:
        event satisfies never
    }
  }
}

function withDecision(usage: Usage, { decisionRead }: HeldTurn): Usage {
  return {
    ...usage,
    promptTokens: usage.promptTokens + decisionRead.promptTokens,
    cachedTokens: usage.cachedTokens + decisionRead.cachedTokens,
  }
}

function withoutEnd(events: readonly ChatEvent[]) {
  return events.filter((event) => event.type !== 'end')
}
