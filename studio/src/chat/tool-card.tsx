/** A function call: its name, its arguments as they stream in, its result, or a field to give one. */
import { type FormEvent, useId, useState } from 'react'
import { highlight } from '../ui/highlight.ts'
import { Icon } from '../ui/icons.tsx'
import { giveResult } from './actions.ts'
import type { ToolCall } from './conversation.ts'
import { runDemoTool } from './demo-tools.ts'
import './tool-card.css'

interface ToolCardProps {
  readonly chatId: string
  readonly turnId: string
  readonly call: ToolCall
  readonly writing: boolean
  /** A result may still be given, and the model goes on with it. */
  readonly answerable: boolean
}

export function ToolCard({ chatId, turnId, call, writing, answerable }: ToolCardProps) {
  const open = call.result === undefined
  return (
    <section className="tool-card" aria-label={`Call of ${call.name}`}>
      <header>
        <Icon name="tool" size={16} />
        <code>{call.name}</code>
        <span className={writing ? 'tool-state shimmer' : 'tool-state'} data-done={!open}>
          {stateText(call, writing, answerable)}
        </span>
      </header>
      <Json label="Arguments" text={call.arguments} />
      {call.result !== undefined && <Json label="Result" text={call.result} />}
      {open && answerable && !writing && (
        <ResultForm call={call} onResult={(result) => giveResult(chatId, turnId, call.id, result)} />
      )}
    </section>
  )
}

function stateText(call: ToolCall, writing: boolean, answerable: boolean): string {
  if (call.result !== undefined) return 'done'
  if (writing) return 'writing arguments …'
  return answerable ? 'waits for a result' : 'not run'
}

function Json({ label, text }: { readonly label: string; readonly text: string }) {
  if (text === '') return null
  return (
    <div className="tool-json">
      <h4>{label}</h4>
      {/* The highlighter escapes everything that it does not write itself. */}
      <pre tabIndex={0} aria-label={label} dangerouslySetInnerHTML={{ __html: highlight(compactJson(text), 'json') }} />
    </div>
  )
}

/** One line where it fits, else indented; unfinished or other text as it is. */
function compactJson(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    const line = JSON.stringify(value, undefined, 1).replace(/\n\s*/g, ' ')
    return line.length <= 72 ? line : JSON.stringify(value, undefined, 2)
  } catch {
    return text
  }
}

function ResultForm({ call, onResult }: { readonly call: ToolCall; readonly onResult: (result: string) => void }) {
  const [result, setResult] = useState('')
  const id = useId()
  const computed = () => runDemoTool(call.name, call.arguments)
  const give = (event: FormEvent) => {
    event.preventDefault()
    onResult(result)
  }
  return (
    <form className="tool-result-form" onSubmit={give}>
      <label htmlFor={id}>Result</label>
      <textarea
        id={id}
        className="field"
        rows={2}
        placeholder="What the function gives back, as JSON or text"
        value={result}
        onChange={({ target }) => setResult(target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) give(event)
        }}
      />
      <div className="dialog-actions">
        <button
          type="button"
          className="button button-quiet button-small"
          onClick={() => onResult(computed() ?? '{"error": "The user declined the call."}')}
        >
          {computed() === undefined ? 'Decline' : 'Run in the page'}
        </button>
        <button type="submit" className="button button-primary button-small" disabled={result.trim() === ''}>
          Send the result
        </button>
      </div>
    </form>
  )
}
