/** The panel of settings beside a page, or above it where there is no room; Escape closes it. */
import type { KeyboardEvent, ReactNode } from 'react'
import { Icon } from '../ui/icons.tsx'
import { toggleSettings } from './shell-store.ts'

interface SettingsFrameProps {
  readonly onReset: () => void
  readonly children: ReactNode
}

export function SettingsFrame({ onReset, children }: SettingsFrameProps) {
  return (
    <>
      <button type="button" className="veil" aria-label="Close the settings" onClick={toggleSettings} />
      <aside className="settings scrolling" aria-label="Settings" onKeyDown={closeOnEscape}>
        <header className="settings-head">
          <h2>Settings</h2>
          <button type="button" className="button button-quiet button-small" onClick={onReset}>
            Reset
          </button>
          <button type="button" className="icon-button" aria-label="Close the settings" onClick={toggleSettings}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </aside>
    </>
  )
}

/** A dialog opened from here is inside for React, and closes itself. */
function closeOnEscape(event: KeyboardEvent): void {
  if (event.key !== 'Escape' || document.querySelector('dialog[open]')) return
  event.preventDefault()
  toggleSettings()
}
