/** The functions that the model may call, and whether it must. */
import { useId, useState } from 'react'
import { Icon } from '../ui/icons.tsx'
import { demoToolSettings, isDemoTool } from './demo-tools.ts'
import { type ChatSettings, enabledTools, type ToolSetting } from './settings.ts'
import { ToolDialog } from './tool-dialog.tsx'
import { checkParameters } from './validation.ts'
import './tools-section.css'

interface ToolsSectionProps {
  readonly settings: ChatSettings
  readonly onChange: (change: Partial<ChatSettings>) => void
}

export function ToolsSection({ settings, onChange }: ToolsSectionProps) {
  const { tools } = settings
  /** Name of the tool in the dialog; empty for a new one. */
  const [edited, setEdited] = useState<string>()
  const missing = demoToolSettings.filter((demo) => tools.every(({ name }) => name !== demo.name))
  const replace = (name: string, tool: ToolSetting | undefined) =>
    onChange({
      tools: tools.flatMap((old) => (old.name === name ? (tool ?? []) : old)),
      ...withoutChoice(settings, name, tool),
    })
  return (
    <section className="settings-section" aria-labelledby="tools-title">
      <h3 id="tools-title">Functions</h3>
      {tools.length === 0 && (
        <p className="settings-hint">The model decides whether to call one; its arguments always fit the schema.</p>
      )}
      <ul className="tool-list">
        {tools.map((tool) => (
          <li key={tool.name}>
            <label className="check">
              <input
                type="checkbox"
                checked={tool.enabled}
                onChange={({ target }) => replace(tool.name, { ...tool, enabled: target.checked })}
              />
              <code>{tool.name}</code>
            </label>
            {isDemoTool(tool.name) && <span className="tag">runs here</span>}
            {!checkParameters(tool.parameters).ok && <span className="tag tag-danger">schema</span>}
            <button
              type="button"
              className="icon-button icon-button-small"
              aria-label={`Edit ${tool.name}`}
              onClick={() => setEdited(tool.name)}
            >
              <Icon name="edit" size={16} />
            </button>
            <button
              type="button"
              className="icon-button icon-button-small"
              aria-label={`Remove ${tool.name}`}
              onClick={() => replace(tool.name, undefined)}
            >
              <Icon name="close" size={16} />
            </button>
          </li>
        ))}
      </ul>
      <div className="tool-buttons">
        <button type="button" className="button button-small" onClick={() => setEdited('')}>
          <Icon name="plus" size={16} /> Function
        </button>
        {missing.length > 0 && (
          <button
            type="button"
            className="button button-quiet button-small"
            onClick={() => onChange({ tools: [...tools, ...missing] })}
          >
            Add calculator and clock
          </button>
        )}
      </div>
      {enabledTools(settings).length > 0 && <ChoiceFields settings={settings} onChange={onChange} />}
      {edited !== undefined && (
        <ToolDialog
          tool={tools.find(({ name }) => name === edited)}
          otherNames={tools.map(({ name }) => name).filter((name) => name !== edited)}
          onClose={() => setEdited(undefined)}
          onKeep={(tool) => {
            if (edited === '') onChange({ tools: [...tools, tool] })
            else replace(edited, tool)
            setEdited(undefined)
          }}
        />
      )}
    </section>
  )
}

function ChoiceFields({ settings, onChange }: ToolsSectionProps) {
  const id = useId()
  return (
    <>
      <div className="select-field">
        <label htmlFor={id}>Tool choice</label>
        <select
          id={id}
          className="field"
          value={settings.toolChoice}
          onChange={({ target }) => onChange({ toolChoice: target.value })}
        >
          <option value="auto">The model decides</option>
          <option value="required">At least one call</option>
          <option value="none">No call</option>
          {enabledTools(settings).map(({ name }) => (
            <option key={name} value={`tool:${name}`}>
              Call {name}
            </option>
          ))}
        </select>
      </div>
      <label className="check">
        <input
          type="checkbox"
          checked={settings.parallelToolCalls}
          onChange={({ target }) => onChange({ parallelToolCalls: target.checked })}
        />
        Several calls at once
      </label>
    </>
  )
}

/** A choice that names a tool which is gone, renamed or off falls back to the model's own decision. */
function withoutChoice(
  { toolChoice }: ChatSettings,
  name: string,
  tool: ToolSetting | undefined,
): Partial<ChatSettings> {
  const holds = tool !== undefined && tool.enabled && tool.name === name
  return toolChoice === `tool:${name}` && !holds ? { toolChoice: 'auto' } : {}
}
