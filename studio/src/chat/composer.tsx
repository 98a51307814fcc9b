/** The field to write in: Enter sends, Shift Enter is a new line, the button stops an answer that is under way. */
import { useEffect, useState, type KeyboardEvent } from 'react'
import { toggleSettings, shellStore } from '../app/shell-store.ts'
import { useStore } from '../app/store.ts'
import { GrowingTextarea } from '../ui/growing-textarea.tsx'
import { Icon, type IconName } from '../ui/icons.tsx'
import { type Conversation, pathOf } from './conversation.ts'
import { type ChatSettings, enabledTools } from './settings.ts'
import './composer.css'

const fieldId = 'composer'
/** The keyboard of a phone has no Shift Enter: there the button sends. */
const enterSends = !matchMedia('(pointer: coarse)').matches

interface ComposerProps {
  readonly chat: Conversation | undefined
  readonly settings: ChatSettings
  readonly running: boolean
  readonly onSend: (text: string) => void
  readonly onStop: () => void
}

export function Composer({ chat, settings, running, onSend, onStop }: ComposerProps) {
  const [draft, setDraft] = useState('')
  useEffect(() => {
    if (matchMedia('(hover: hover)').matches) focusComposer()
  }, [])
  const ready = draft.trim() !== '' && !running
  const submit = () => {
    if (!ready) return
    setDraft('')
    onSend(draft.trim())
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Enter' && !event.shiftKey && enterSends) {
      event.preventDefault()
      submit()
    }
    if (event.key === 'ArrowUp' && draft === '') editLast(event)
  }
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <div className="composer-box">
        <GrowingTextarea
          id={fieldId}
          label="Message"
          placeholder={chat && pathOf(chat).length > 0 ? 'Reply' : 'Write a message'}
          value={draft}
          onChange={setDraft}
          onKeyDown={onKey}
        />
        <div className="composer-foot">
          <Chips settings={settings} />
          {running ? (
            <button
              key="stop"
              type="button"
              className="composer-send"
              aria-label="Stop the answer"
              title="Stop (Esc)"
              onClick={onStop}
            >
              <Icon name="stop" size={20} />
            </button>
          ) : (
            <button
              key="send"
              type="submit"
              className="composer-send"
              aria-label="Send"
              title="Send (Enter)"
              disabled={!ready}
            >
              <Icon name="send" size={20} />
            </button>
          )}
        </div>
      </div>
    </form>
  )
}

/** What is not as usual about the next answer; each leads to the settings. */
function Chips({ settings }: { readonly settings: ChatSettings }) {
  const open = useStore(shellStore, (state) => state.settingsOpen)
  const tools = enabledTools(settings).length
  const chips: { icon: IconName; text: string }[] = []
  if (settings.systemPrompt.trim() !== '') chips.push({ icon: 'quill', text: 'System prompt' })
  if (tools > 0) chips.push({ icon: 'tool', text: toolsText(tools, settings.toolChoice) })
  if (settings.output !== 'text')
    chips.push({ icon: 'braces', text: settings.output === 'json' ? 'JSON' : 'JSON schema' })
  return (
    <div className="composer-chips">
      {chips.map(({ icon, text }) => (
        <button key={text} type="button" className="chip" onClick={() => !open && toggleSettings()}>
          <Icon name={icon} size={15} />
          {text}
        </button>
      ))}
    </div>
  )
}

function toolsText(tools: number, choice: string): string {
  if (choice.startsWith('tool:')) return `Calls ${choice.slice('tool:'.length)}`
  if (choice === 'none') return 'No calls'
  const functions = tools === 1 ? '1 function' : `${tools} functions`
  return choice === 'required' ? `${functions}, must call` : functions
}

export function focusComposer(): void {
  document.getElementById(fieldId)?.focus()
}

/** Arrow up in an empty field takes up the last message again. */
function editLast(event: KeyboardEvent): void {
  const button = [...document.querySelectorAll<HTMLButtonElement>('.edit-button')].at(-1)
  if (!button) return
  event.preventDefault()
  button.click()
}
