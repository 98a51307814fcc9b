/** The model that answers: a button with its name, a list to choose from. */
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react'
import type { ModelEntry } from '../api/models.ts'
import { Icon } from '../ui/icons.tsx'
import { modelsStore, refreshModels, resolveModel } from './models-store.ts'
import { useStore } from './store.ts'
import './model-picker.css'

interface ModelPickerProps {
  readonly chosen: string | undefined
  readonly onChoose: (id: string) => void
}

export function ModelPicker({ chosen, onChoose }: ModelPickerProps) {
  const { status, models } = useStore(modelsStore, (state) => state)
  const [open, setOpen] = useState(false)
  const container = useRef<HTMLDivElement>(null)
  const listId = useId()
  const model = resolveModel(models, chosen)
  useEffect(() => {
    if (!open) return
    const closeOutside = ({ target }: Event) => {
      if (target instanceof Node && !container.current?.contains(target)) setOpen(false)
    }
    document.addEventListener('pointerdown', closeOutside)
    container.current?.querySelector<HTMLElement>('[aria-checked="true"], [role="menuitemradio"]')?.focus()
    return () => document.removeEventListener('pointerdown', closeOutside)
  }, [open])
  const close = () => {
    setOpen(false)
    container.current?.querySelector('button')?.focus()
  }
  return (
    <div className="model-picker" ref={container} onKeyDown={(event) => moveInMenu(event, close)}>
      <button
        type="button"
        className="model-picker-button"
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={listId}
        aria-label={`Model: ${model?.id ?? 'none'}`}
        onClick={() => {
          if (!open) void refreshModels()
          setOpen(!open)
        }}
      >
        <span className="model-picker-name">{model?.id ?? (status === 'loading' ? 'Connecting …' : 'No model')}</span>
        <Icon name="chevronDown" size={16} />
      </button>
      {open && (
        <div id={listId} className="model-menu scrolling" role="menu" aria-label="Models">
          {models.length === 0 && <p className="model-menu-empty">The server has named no model yet.</p>}
          {models.map((entry) => (
            <button
              key={entry.id}
              type="button"
              role="menuitemradio"
              aria-checked={entry.id === model?.id}
              onClick={() => {
                onChoose(entry.id)
                close()
              }}
            >
              <span className="model-menu-id">{entry.id}</span>
              <span className="model-menu-facts">{factsOf(entry)}</span>
              {entry.id === model?.id && <Icon name="check" size={16} />}
            </button>
          ))}
        </div>
      )}
    </div>
  )
}

function factsOf({ chats, contextTokens, sizeBytes, loaded }: ModelEntry): string {
  const facts = [
    chats ? 'Chat' : 'Base model',
    sizeBytes === undefined ? undefined : sizeText(sizeBytes),
    contextTokens === undefined ? undefined : `${contextTokens.toLocaleString('en')} tokens`,
    loaded ? 'in memory' : undefined,
  ]
  return facts.filter((fact) => fact !== undefined).join(' · ')
}

function sizeText(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`
}

function moveInMenu(event: KeyboardEvent<HTMLElement>, close: () => void): void {
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[role="menuitemradio"]')]
  if (items.length === 0) return
  const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 }
  const step = steps[event.key]
  if (event.key === 'Escape' || event.key === 'Tab') close()
  else if (step !== undefined) {
    const at = items.findIndex((item) => item === document.activeElement)
    items[(at + step + items.length) % items.length]?.focus()
  } else return
  if (event.key !== 'Tab') event.preventDefault()
}
