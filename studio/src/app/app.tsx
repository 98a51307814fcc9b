/** The frame: sidebar with tabs, the page of the open tab, dialogs. */
import { useState } from 'react'
import { refreshModels } from './models-store.ts'
import { useAddress, goTo } from './address.ts'
import { CrashGuard } from './crash-guard.tsx'
import { KeyDialog } from './key-dialog.tsx'
import { leaveSidebar, openDialog, shellStore, toggleSettings, toggleSidebar } from './shell-store.ts'
import { ShortcutsDialog } from './shortcuts-dialog.tsx'
import { useShortcuts } from './shortcuts.ts'
import { useStore } from './store.ts'
import { type Tab, tabs } from './tabs.ts'
import { currentTheme, toggleTheme } from './theme.ts'
import { Icon, Mark } from '../ui/icons.tsx'
import './app.css'

export function App() {
  const { tab: tabId } = useAddress()
  const { sidebarOpen, dialog } = useStore(shellStore, (state) => state)
  const tab = tabs.find(({ id }) => id === tabId) ?? tabs[0]
  useShortcuts([
    { keys: '?', label: 'Show the keyboard shortcuts', inFields: false, run: () => openDialog('shortcuts') },
    { keys: 'Mod+b', label: 'Show or hide the sidebar', inFields: true, run: toggleSidebar },
    { keys: 'Mod+,', label: 'Show or hide the settings', inFields: true, run: toggleSettings },
    ...tabs.map(({ id, label }, index) => ({
      keys: `Alt+${index + 1}`,
      label: `Go to ${label}`,
      inFields: true,
      run: () => goTo(id),
    })),
  ])
  if (tab === undefined) return null
  return (
    <div className="shell" data-sidebar={sidebarOpen}>
      <a className="skip-link" href="#main" onClick={focusMain}>
        Skip to the page
      </a>
      {sidebarOpen && <button type="button" className="veil" aria-label="Close the sidebar" onClick={toggleSidebar} />}
      <Sidebar tab={tab} />
      <main id="main" className="stage" tabIndex={-1}>
        <CrashGuard key={tab.id}>
          <tab.Page />
        </CrashGuard>
      </main>
      {dialog === 'shortcuts' && <ShortcutsDialog onClose={() => openDialog(undefined)} />}
      {dialog === 'key' && (
        <KeyDialog
          onClose={() => {
            openDialog(undefined)
            void refreshModels()
          }}
        />
      )}
    </div>
  )
}

function Sidebar({ tab }: { readonly tab: Tab }) {
  const open = useStore(shellStore, ({ sidebarOpen }) => sidebarOpen)
  return (
    <aside
      className="sidebar"
      aria-label="Sidebar"
      inert={!open}
      onKeyDown={({ key }) => key === 'Escape' && leaveSidebar()}
    >
      <div className="sidebar-brand">
        <Mark />
        <span className="sidebar-name">Ostro</span>
        <button type="button" className="icon-button" aria-label="Hide the sidebar" onClick={toggleSidebar}>
          <Icon name="menu" />
        </button>
      </div>
      <nav className="sidebar-tabs" aria-label="Tabs">
        {tabs.map(({ id, label, icon }) => (
          <a key={id} href={`#/${id}`} aria-current={id === tab.id ? 'page' : undefined} onClick={leaveSidebar}>
            <Icon name={icon} />
            {label}
          </a>
        ))}
      </nav>
      <div className="sidebar-middle">{tab.Sidebar && <tab.Sidebar />}</div>
      <footer className="sidebar-foot">
        <ThemeButton />
        <button
          type="button"
          className="icon-button"
          aria-label="Keyboard shortcuts"
          title="Keyboard shortcuts (?)"
          onClick={() => openDialog('shortcuts')}
        >
          <Icon name="keyboard" />
        </button>
        <button
          type="button"
          className="icon-button"
          aria-label="API key"
          title="API key"
          onClick={() => openDialog('key')}
        >
          <Icon name="key" />
        </button>
      </footer>
    </aside>
  )
}

function ThemeButton() {
  const [theme, setTheme] = useState(currentTheme)
  const toggle = () => setTheme(toggleTheme())
  useShortcuts([{ keys: 'Mod+Shift+l', label: 'Dark or light', inFields: true, run: toggle }])
  const other = theme === 'dark' ? 'light' : 'dark'
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={`Switch to ${other}`}
      title={`Switch to ${other}`}
      onClick={toggle}
    >
      <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
    </button>
  )
}

function focusMain(event: { preventDefault: () => void }): void {
  // The part after # is the page's own address.
  event.preventDefault()
  document.getElementById('main')?.focus()
}
