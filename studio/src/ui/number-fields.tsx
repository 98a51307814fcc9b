/** Numbers that may be left to the server: empty means its default. */
import { useId, useState } from 'react'

interface FieldProps {
  readonly label: string
  readonly value: number | undefined
  readonly onChange: (value: number | undefined) => void
  readonly min?: number
}

interface SliderFieldProps extends FieldProps {
  readonly hint: string
  readonly max: number
  /** Where the knob rests while the server decides. */
  readonly rest: number
  readonly step: number
}

export function SliderField({ label, hint, value, onChange, min = 0, max, rest, step }: SliderFieldProps) {
  const id = useId()
  return (
    <div className="slider-field">
      <label htmlFor={id} title={hint}>
        {label}
      </label>
      {value === undefined ? (
        <span className="slider-default">default</span>
      ) : (
        <button
          type="button"
          className="slider-value"
          title="Back to the default"
          aria-label={`${label} ${value}, back to the default`}
          onClick={() => onChange(undefined)}
        >
          {value.toFixed(2)}
        </button>
      )}
      <input
        id={id}
        type="range"
        min={min}
        max={max}
        step={step}
        data-default={value === undefined}
        value={value ?? rest}
        aria-valuetext={value === undefined ? 'default of the server' : String(value)}
        onChange={({ target }) => onChange(Number(target.value))}
      />
    </div>
  )
}

interface NumberFieldProps extends FieldProps {
  readonly placeholder: string
}

/** Whole numbers; what is none is kept in the field and marked, and counts as empty. */
export function NumberField({ label, value, onChange, min = 0, placeholder }: NumberFieldProps) {
  const id = useId()
  const [text, setText] = useState(value === undefined ? '' : String(value))
  const shown = value !== undefined && Number(text) !== value ? String(value) : text
  const invalid = shown.trim() !== '' && wholeNumber(shown, min) === undefined
  return (
    <div className="number-field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="field"
        inputMode="numeric"
        autoComplete="off"
        placeholder={placeholder}
        value={shown}
        aria-invalid={invalid}
        onChange={({ target }) => {
          setText(target.value)
          onChange(wholeNumber(target.value, min))
        }}
      />
      {invalid && <p className="problem">A whole number from {min}.</p>}
    </div>
  )
}

function wholeNumber(text: string, min: number): number | undefined {
  const number = Number(text)
  return text.trim() !== '' && Number.isSafeInteger(number) && number >= min ? number : undefined
}
