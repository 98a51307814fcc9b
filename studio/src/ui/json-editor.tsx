/** A field for JSON: says at once what is wrong, indents on request, keeps the Tab key for the keyboard's way out. */
import { useId } from 'react'
import type { Checked } from './json-check.ts'
import './json-editor.css'

interface JsonEditorProps {
  readonly label: string
  readonly value: string
  readonly check: (source: string) => Checked
  readonly onChange: (source: string) => void
  readonly rows?: number
}

export function JsonEditor({ label, value, check, onChange, rows = 10 }: JsonEditorProps) {
  const id = useId()
  const checked = check(value)
  return (
    <div className="json-editor">
      <div className="json-editor-head">
        <label htmlFor={id}>{label}</label>
        <button
          type="button"
          className="button button-quiet button-small"
          disabled={!checked.ok}
          onClick={() => checked.ok && onChange(JSON.stringify(checked.value, undefined, 2))}
        >
          Format
        </button>
      </div>
      <textarea
        id={id}
        className="field json-editor-text"
        value={value}
        rows={rows}
        spellCheck={false}
        autoCapitalize="off"
        aria-invalid={!checked.ok}
        aria-describedby={`${id}-problem`}
        onChange={({ target }) => onChange(target.value)}
      />
      <p id={`${id}-problem`} className={checked.ok ? 'json-editor-fine' : 'problem'} role="status">
        {checked.ok ? 'Valid JSON' : checked.problem}
      </p>
    </div>
  )
}
