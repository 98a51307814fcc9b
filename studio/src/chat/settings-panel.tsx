/** What the next answers of this chat are made with. */
import { useId } from 'react'
import { SamplingFields } from '../app/sampling-fields.tsx'
import { SettingsFrame } from '../app/settings-frame.tsx'
import { JsonEditor } from '../ui/json-editor.tsx'
import { type ChatSettings, exampleSchema, initialSettings, type OutputKind } from './settings.ts'
import { ToolsSection } from './tools-section.tsx'
import { checkSchema } from './validation.ts'

interface SettingsPanelProps {
  readonly settings: ChatSettings
  readonly onChange: (change: Partial<ChatSettings>) => void
}

export function SettingsPanel({ settings, onChange }: SettingsPanelProps) {
  return (
    <SettingsFrame onReset={() => onChange({ ...initialSettings, model: settings.model })}>
      <SystemPrompt value={settings.systemPrompt} onChange={(systemPrompt) => onChange({ systemPrompt })} />
      <section className="settings-section" aria-labelledby="sampling-title">
        <h3 id="sampling-title">Sampling</h3>
        <SamplingFields
          settings={settings}
          onChange={onChange}
          maxTokens={{ label: 'Max tokens', placeholder: 'as it fits' }}
        />
      </section>
      <OutputSection settings={settings} onChange={onChange} />
      <ToolsSection settings={settings} onChange={onChange} />
    </SettingsFrame>
  )
}

function SystemPrompt({ value, onChange }: { readonly value: string; readonly onChange: (value: string) => void }) {
  const id = useId()
  return (
    <section className="settings-section">
      <h3>
        <label htmlFor={id}>System prompt</label>
      </h3>
      <textarea
        id={id}
        className="field"
        rows={3}
        placeholder="How the model should answer"
        value={value}
        onChange={({ target }) => onChange(target.value)}
      />
    </section>
  )
}

const outputs: readonly { readonly kind: OutputKind; readonly label: string }[] = [
  { kind: 'text', label: 'Text' },
  { kind: 'json', label: 'JSON' },
  { kind: 'schema', label: 'Schema' },
]

function OutputSection({ settings, onChange }: SettingsPanelProps) {
  return (
    <section className="settings-section" aria-labelledby="output-title">
      <h3 id="output-title">Answer as</h3>
      <div className="segments" role="radiogroup" aria-labelledby="output-title">
        {outputs.map(({ kind, label }) => (
          <label key={kind}>
            <input
              type="radio"
              name="output"
              checked={settings.output === kind}
              onChange={() => onChange({ output: kind })}
            />
            <span>{label}</span>
          </label>
        ))}
      </div>
      {settings.output === 'schema' && (
        <>
          <JsonEditor
            label="JSON schema"
            value={settings.schema}
            check={checkSchema}
            onChange={(schema) => onChange({ schema })}
          />
          {settings.schema !== exampleSchema && (
            <button
              type="button"
              className="button button-quiet button-small"
              onClick={() => onChange({ schema: exampleSchema })}
            >
              Back to the example
            </button>
          )}
        </>
      )}
    </section>
  )
}
