/** A text field as high as its text; CSS (`field-sizing`) does it where the browser can, else its measured height. */
import { type KeyboardEvent, useLayoutEffect, useRef } from 'react'
import './growing-textarea.css'

interface GrowingTextareaProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly onKeyDown?: (event: KeyboardEvent<HTMLTextAreaElement>) => void
  readonly placeholder?: string
  readonly id?: string
  readonly autoFocus?: boolean
}

export function GrowingTextarea({
  label,
  value,
  onChange,
  onKeyDown,
  placeholder,
  id,
  autoFocus = false,
}: GrowingTextareaProps) {
  const element = useRef<HTMLTextAreaElement>(null)
  useLayoutEffect(() => {
    const area = element.current
    if (!area || CSS.supports('field-sizing', 'content')) return
    area.style.height = 'auto'
    area.style.height = `${area.scrollHeight}px`
  }, [value])
  useLayoutEffect(() => {
    const area = element.current
    if (autoFocus) area?.setSelectionRange(area.value.length, area.value.length)
  }, [autoFocus])
  return (
    <textarea
      ref={element}
      {...(id === undefined ? {} : { id })}
      className="growing-textarea scrolling"
      aria-label={label}
      rows={1}
      value={value}
      placeholder={placeholder}
      autoFocus={autoFocus}
      onChange={({ target }) => onChange(target.value)}
      onKeyDown={onKeyDown}
    />
  )
}
