/** The top of a tab's page: the way to the sidebar, the model, what the tab adds, the way to the settings. */
import type { ReactNode } from 'react'
import { Icon } from '../ui/icons.tsx'
import { ModelPicker } from './model-picker.tsx'
import { shellStore, toggleSettings, toggleSidebar } from './shell-store.ts'
import { useStore } from './store.ts'

interface PageHeadProps {
  readonly model: string | undefined
  readonly onModel: (id: string) => void
  readonly children: ReactNode
}

export function PageHead({ model, onModel, children }: PageHeadProps) {
  const settingsOpen = useStore(shellStore, (state) => state.settingsOpen)
  return (
    <header className="page-head">
      <button type="button" className="icon-button" aria-label="Sidebar" title="Sidebar" onClick={toggleSidebar}>
        <Icon name="menu" />
      </button>
      <ModelPicker chosen={model} onChoose={onModel} />
      <span className="page-head-space" />
      {children}
      <button
        type="button"
        className="icon-button"
        aria-label="Settings"
        title="Settings"
        aria-expanded={settingsOpen}
        onClick={toggleSettings}
      >
        <Icon name="sliders" />
      </button>
    </header>
  )
}
