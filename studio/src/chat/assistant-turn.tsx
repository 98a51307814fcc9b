/** An answer: reasoning folded, text, function calls, what it cost, what can be done next. */
import { memo } from 'react'
import { checkJson } from '../ui/json-check.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { Icon } from '../ui/icons.tsx'
import { Markdown } from '../ui/markdown.tsx'
import { goOn, regenerate } from './actions.ts'
import { AnswerFacts } from './answer-facts.tsx'
import { type Branch, BranchSwitch } from './branch-switch.tsx'
import type { AssistantMessage, Turn } from './conversation.ts'
import { FailureCard } from '../app/failure-card.tsx'
import { Reasoning } from './reasoning.tsx'
import { ToolCard } from './tool-card.tsx'

interface AssistantTurnProps {
  readonly chatId: string
  readonly turn: Turn
  readonly message: AssistantMessage
  readonly branch: Branch
  /** It follows another answer, after the results of that one's calls. */
  readonly continues: boolean
  readonly last: boolean
  readonly contextTokens: number | undefined
}

export const AssistantTurn = memo(function AssistantTurn(props: AssistantTurnProps) {
  const { chatId, turn, message, branch, continues, last, contextTokens } = props
  const streaming = message.status === 'streaming'
  const silent = message.text === '' && message.reasoning === '' && message.toolCalls.length === 0
  /** The model went on with the results: the answer's foot stands below that. */
  const handedOn = message.toolCalls.length > 0
  const waitsForResults = message.toolCalls.some((call) => call.result === undefined)
  return (
    <article
      className="assistant-turn"
      aria-label={`Answer of ${message.model}`}
      aria-busy={streaming}
      data-continues={continues}
      data-last={last}
    >
      {message.reasoning !== '' && <Reasoning message={message} />}
      {streaming && silent && <Waiting />}
      {message.text !== '' && <AnswerText message={message} />}
      {message.toolCalls.map((call, index) => (
        <ToolCard
          key={call.id}
          chatId={chatId}
          turnId={turn.id}
          call={call}
          writing={streaming && index === message.toolCalls.length - 1}
          answerable={!streaming && last}
        />
      ))}
      {message.failure && <FailureCard failure={message.failure} onRetry={() => regenerate(chatId, turn)} />}
      {!streaming && !(handedOn && !last) && (
        <footer className="answer-foot">
          <EndNote message={message} silent={silent} />
          {handedOn && !waitsForResults && (
            <button type="button" className="button button-small" onClick={() => goOn(chatId)}>
              Go on with the results
            </button>
          )}
          {!waitsForResults && (
            <div className="turn-actions">
              <BranchSwitch chatId={chatId} branch={branch} />
              {message.text !== '' && <CopyButton text={message.text} label="Copy the answer" />}
              {!message.failure && (
                <button
                  type="button"
                  className="icon-button icon-button-small regenerate-button"
                  aria-label="Another answer"
                  title="Another answer (Alt R)"
                  onClick={() => regenerate(chatId, turn)}
                >
                  <Icon name="refresh" size={16} />
                </button>
              )}
            </div>
          )}
          <AnswerFacts message={message} contextTokens={contextTokens} />
        </footer>
      )}
    </article>
  )
}, sameTurn)

/** An object or a list as it begins, and not the "[1]" of a source. */
const jsonStart = /^\s*(?:\{\s*(?:["}]|$)|\[\s*(?:[{["\]]|-?\d+\s*,|$))/

/** JSON that the user asked for is shown as code; anything else is Markdown. */
function AnswerText({ message: { text, status } }: { readonly message: AssistantMessage }) {
  const isJson = status === 'streaming' ? jsonStart.test(text) : checkJson(text).ok && jsonStart.test(text)
  return <Markdown text={isJson ? `\`\`\`json\n${indented(text)}\n\`\`\`` : text} streaming={status === 'streaming'} />
}

/** Still growing JSON stays as it came. */
function indented(json: string): string {
  const checked = checkJson(json)
  return checked.ok ? JSON.stringify(checked.value, undefined, 2) : json
}

function Waiting() {
  return (
    <p className="waiting" aria-label="Waiting for the first token">
      <span />
      <span />
      <span />
    </p>
  )
}

function EndNote({ message, silent }: { readonly message: AssistantMessage; readonly silent: boolean }) {
  if (message.status === 'stopped') return <p className="end-note">Stopped.</p>
  if (message.finishReason === 'length')
    return <p className="end-note">Cut off at the token limit; raise “Max tokens” for more.</p>
  if (message.status === 'done' && silent) return <p className="end-note">The model ended without a word.</p>
  return null
}

function sameTurn(before: AssistantTurnProps, after: AssistantTurnProps): boolean {
  return (
    before.turn === after.turn &&
    before.last === after.last &&
    before.contextTokens === after.contextTokens &&
    before.branch.at === after.branch.at &&
    before.branch.ids.length === after.branch.ids.length
  )
}
