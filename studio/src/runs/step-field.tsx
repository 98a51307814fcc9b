/** One field of a form that was made from a JSON Schema. */
import { useId } from 'react'
import { checkJson } from '../ui/json-check.ts'
import { JsonEditor } from '../ui/json-editor.tsx'
import { Icon } from '../ui/icons.tsx'
import { DropZone } from './drop-zone.tsx'
import { type Field, type FieldValue, labelOf, linesOf, type Passage } from './form-fields.ts'

interface StepFieldProps {
  readonly field: Field
  readonly value: FieldValue
  readonly problem: string | undefined
  readonly onChange: (value: FieldValue) => void
}

export function StepField(props: StepFieldProps) {
  const { field, problem } = props
  const id = useId()
  const note = `${id}-note`
  if (field.kind === 'passages') return <PassagesField {...props} />
  if (field.kind === 'json') return <JsonField {...props} />
  if (field.kind === 'choices') return <ChoicesField {...props} />
  if (field.kind === 'switch') return <SwitchField {...props} />
  return (
    <div className="step-field" data-kind={field.kind}>
      <label htmlFor={id}>
        {field.label}
        {!field.required && field.schema.default === undefined && <small> optional</small>}
      </label>
      <Control {...props} id={id} note={note} />
      <p id={note} className={problem === undefined ? 'step-field-hint' : 'problem'}>
        {problem ?? field.hint}
      </p>
    </div>
  )
}

function Control({
  field,
  value,
  problem,
  onChange,
  id,
  note,
}: StepFieldProps & { readonly id: string; readonly note: string }) {
  const text = typeof value === 'string' ? value : ''
  const described = { id, 'aria-describedby': note, 'aria-invalid': problem !== undefined }
  switch (field.kind) {
    case 'choice':
      return (
        <select
          {...described}
          className="field"
          value={typeof value === 'string' ? value : String(field.schema.default ?? '')}
          onChange={({ target }) => onChange(target.value)}
        >
          {field.schema.default === undefined && <option value="">—</option>}
          {field.schema.enum?.map((choice) => (
            <option key={String(choice)} value={String(choice)}>
              {labelOf(String(choice))}
            </option>
          ))}
        </select>
      )
    case 'number':
      return (
        <input
          {...described}
          className="field step-field-number"
          inputMode="decimal"
          autoComplete="off"
          placeholder={field.schema.default === undefined ? '' : String(field.schema.default)}
          value={text}
          onChange={({ target }) => onChange(target.value)}
        />
      )
    case 'text':
      return (
        <DropZone many={false} label={field.label} onTexts={([one]) => onChange(one?.text)} facts={sizeOf(text)}>
          <textarea
            {...described}
            className="field step-field-text scrolling"
            data-short={field.sample !== undefined}
            rows={field.sample === undefined ? 9 : 2}
            placeholder={field.sample ?? 'Paste or write it here'}
            value={text}
            onChange={({ target }) => onChange(target.value)}
          />
        </DropZone>
      )
    case 'lines':
      return (
        <textarea
          {...described}
          className="field"
          rows={4}
          placeholder="One a line"
          value={text}
          onChange={({ target }) => onChange(target.value)}
        />
      )
    default:
      return (
        <input
          {...described}
          className="field"
          autoComplete="off"
          placeholder={field.schema.default === undefined ? '' : String(field.schema.default)}
          value={text}
          onChange={({ target }) => onChange(target.value)}
        />
      )
  }
}

function sizeOf(text: string): string {
  const words = text.match(/\S+/g)?.length ?? 0
  return words === 0 ? '' : `${words.toLocaleString('en')} ${words === 1 ? 'word' : 'words'}`
}

function SwitchField({ field, value, onChange }: StepFieldProps) {
  const checked = typeof value === 'boolean' ? value : field.schema.default === true
  return (
    <label className="check step-field-switch">
      <input type="checkbox" checked={checked} onChange={({ target }) => onChange(target.checked)} />
      <span>
        {field.label}
        {field.hint !== undefined && <small> {field.hint}</small>}
      </span>
    </label>
  )
}

/** Any number of given names; untouched they all count. */
function ChoicesField({ field, value, problem, onChange }: StepFieldProps) {
  const all = (field.schema.items?.enum ?? []).map(String)
  const chosen = value === undefined ? all : linesOf(value)
  const toggle = (name: string, on: boolean) =>
    onChange(all.filter((other) => (other === name ? on : chosen.includes(other))).join('\n'))
  return (
    <fieldset className="step-field choices-field">
      <legend>{field.label}</legend>
      {all.map((name) => (
        <label key={name} className="check">
          <input
            type="checkbox"
            checked={chosen.includes(name)}
            onChange={({ target }) => toggle(name, target.checked)}
          />
          <code>{name}</code>
        </label>
      ))}
      <p className={problem === undefined ? 'step-field-hint' : 'problem'}>{problem ?? field.hint?.split('\n')[0]}</p>
    </fieldset>
  )
}

function JsonField({ field, value, problem, onChange }: StepFieldProps) {
  const text =
    typeof value === 'string' ? value : field.schema.default === undefined ? '' : pretty(field.schema.default)
  return (
    <div className="step-field">
      <JsonEditor
        label={field.required ? field.label : `${field.label} (optional)`}
        value={text}
        rows={6}
        check={(source) => (source.trim() === '' ? { ok: true, value: undefined } : checkJson(source))}
        onChange={onChange}
      />
      <p className={problem === undefined ? 'step-field-hint' : 'problem'}>{problem ?? field.hint}</p>
    </div>
  )
}

const pretty = (value: unknown): string => JSON.stringify(value, undefined, 2)

function PassagesField({ field, value, problem, onChange }: StepFieldProps) {
  const passages: readonly Passage[] = Array.isArray(value) ? (value as readonly Passage[]) : []
  const shown = passages.length === 0 ? [{ name: '', text: '' }] : passages
  const change = (at: number, part: Partial<Passage>) =>
    onChange(shown.map((one, index) => (index === at ? { ...one, ...part } : one)))
  const named = field.schema.items?.type !== 'string'
  return (
    <fieldset className="step-field passages-field">
      <legend>{field.label}</legend>
      <DropZone
        many
        label={field.label}
        onTexts={(added) => onChange([...passages.filter(({ text }) => text !== ''), ...added])}
        facts={passages.length > 1 ? `${passages.length} texts` : ''}
      >
        <ol>
          {shown.map(({ name, text }, index) => (
            <li key={index}>
              <div className="passage-head">
                {named ? (
                  <input
                    className="field passage-name"
                    aria-label={`Name of text ${index + 1}`}
                    placeholder={`Document ${index + 1}`}
                    value={name}
                    onChange={({ target }) => change(index, { name: target.value })}
                  />
                ) : (
                  <span className="passage-number">{index + 1}</span>
                )}
                <button
                  type="button"
                  className="icon-button icon-button-small"
                  aria-label={`Remove text ${index + 1}`}
                  disabled={passages.length === 0}
                  onClick={() => onChange(passages.filter((_, other) => other !== index))}
                >
                  <Icon name="close" size={15} />
                </button>
              </div>
              <textarea
                className="field scrolling"
                aria-label={`Text ${index + 1}`}
                aria-invalid={problem !== undefined}
                rows={named ? 4 : 2}
                value={text}
                onChange={({ target }) => change(index, { text: target.value })}
              />
            </li>
          ))}
        </ol>
        <button
          type="button"
          className="button button-quiet button-small"
          onClick={() => onChange([...shown, { name: '', text: '' }])}
        >
          <Icon name="plus" size={15} /> Another text
        </button>
      </DropZone>
      <p className={problem === undefined ? 'step-field-hint' : 'problem'}>{problem ?? field.hint}</p>
    </fieldset>
  )
}
