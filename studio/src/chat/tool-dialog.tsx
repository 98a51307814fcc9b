/** Defines a function: name, description, parameters as JSON Schema. */
import { type FormEvent, useId, useState } from 'react'
import { Dialog } from '../ui/dialog.tsx'
import { JsonEditor } from '../ui/json-editor.tsx'
import type { ToolSetting } from './settings.ts'
import { checkParameters, nameProblem } from './validation.ts'

const example: ToolSetting = {
  name: '',
  description: '',
  parameters: `{
  "type": "object",
  "properties": {
    "city": { "type": "string", "description": "City and country" },
    "unit": { "enum": ["celsius", "fahrenheit"] }
  },
  "required": ["city"],
  "additionalProperties": false
}`,
  enabled: true,
}

interface ToolDialogProps {
  readonly tool: ToolSetting | undefined
  readonly otherNames: readonly string[]
  readonly onKeep: (tool: ToolSetting) => void
  readonly onClose: () => void
}

export function ToolDialog({ tool, otherNames, onKeep, onClose }: ToolDialogProps) {
  const [draft, setDraft] = useState(tool ?? example)
  const id = useId()
  const wrongName = nameProblem(draft.name, otherNames)
  const ready = wrongName === undefined && checkParameters(draft.parameters).ok
  const keep = (event: FormEvent) => {
    event.preventDefault()
    if (ready) onKeep(draft)
  }
  return (
    <Dialog title={tool ? 'Edit function' : 'New function'} onClose={onClose} wide>
      <form className="tool-form" onSubmit={keep}>
        <div>
          <label htmlFor={`${id}-name`}>Name</label>
          <input
            id={`${id}-name`}
            className="field tool-form-name"
            placeholder="get_weather"
            autoComplete="off"
            autoFocus
            spellCheck={false}
            value={draft.name}
            aria-invalid={draft.name !== '' && wrongName !== undefined}
            aria-describedby={`${id}-problem`}
            onChange={({ target }) => setDraft({ ...draft, name: target.value })}
          />
          <p id={`${id}-problem`} className="problem">
            {draft.name !== '' && wrongName}
          </p>
        </div>
        <div>
          <label htmlFor={`${id}-description`}>Description</label>
          <input
            id={`${id}-description`}
            className="field"
            placeholder="What it does, and when to call it"
            autoComplete="off"
            value={draft.description}
            onChange={({ target }) => setDraft({ ...draft, description: target.value })}
          />
        </div>
        <JsonEditor
          label="Parameters (JSON Schema)"
          value={draft.parameters}
          check={checkParameters}
          onChange={(parameters) => setDraft({ ...draft, parameters })}
        />
        <div className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button button-primary" disabled={!ready}>
            {tool ? 'Keep' : 'Add'}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
