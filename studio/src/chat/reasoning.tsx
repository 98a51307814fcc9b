/** What the model thought before it answered: folded, with how long it took. */
import { Icon } from '../ui/icons.tsx'
import { Markdown } from '../ui/markdown.tsx'
import type { AssistantMessage } from './conversation.ts'

export function Reasoning({ message }: { readonly message: AssistantMessage }) {
  const thinking = message.status === 'streaming' && message.text === '' && message.toolCalls.length === 0
  return (
    <details className="reasoning">
      <summary>
        <Icon name="thought" size={16} />
        <span className={thinking ? 'shimmer' : undefined}>{thinking ? 'Thinking …' : thoughtFor(message)}</span>
        <Icon name="chevronDown" size={16} />
      </summary>
      <Markdown text={message.reasoning} streaming={thinking} />
    </details>
  )
}

function thoughtFor({ timings }: AssistantMessage): string {
  if (timings?.reasoningMs === undefined) return 'Reasoning'
  const seconds = timings.reasoningMs / 1000
  return `Thought for ${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`
}
