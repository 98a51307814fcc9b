/** What an answer cost: speed, time to the first token, how full the context is. */
import { tokensPerSecond } from './answer.ts'
import type { AssistantMessage } from './conversation.ts'

interface AnswerFactsProps {
  readonly message: AssistantMessage
  readonly contextTokens: number | undefined
}

export function AnswerFacts({ message, contextTokens }: AnswerFactsProps) {
  const { usage, timings } = message
  if (!usage || !timings) return null
  const speed = tokensPerSecond(message)
  const used = usage.promptTokens + usage.generatedTokens
  return (
    <dl className="answer-facts">
      {speed !== undefined && (
        <Fact label="Speed" value={`${speed < 100 ? speed.toFixed(1) : Math.round(speed)} tokens/s`} />
      )}
      <Fact label="Time to the first token" value={`${(timings.firstTokenMs / 1000).toFixed(2)} s to first`} />
      <Fact label="Tokens of the answer" value={`${count(usage.generatedTokens)} tokens`} />
      <div
        className="context-use"
        title={`${count(used)} tokens of context in use, ${count(usage.cachedTokens)} of them read before`}
      >
        <dt>Context in use</dt>
        <dd>
          {contextTokens !== undefined && <Gauge share={Math.min(1, used / contextTokens)} />}
          {contextTokens === undefined ? `${count(used)} in context` : `${count(used)} / ${count(contextTokens)}`}
        </dd>
      </div>
    </dl>
  )
}

function Fact({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <div title={label}>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  )
}

function Gauge({ share }: { readonly share: number }) {
  const circumference = 2 * Math.PI * 5
  return (
    <svg className="gauge" width="14" height="14" viewBox="0 0 14 14" aria-hidden="true" data-full={share > 0.85}>
      <circle cx="7" cy="7" r="5" />
      <circle
        className="gauge-used"
        cx="7"
        cy="7"
        r="5"
        strokeDasharray={`${share * circumference} ${circumference}`}
      />
    </svg>
  )
}

function count(tokens: number): string {
  return tokens.toLocaleString('en')
}
