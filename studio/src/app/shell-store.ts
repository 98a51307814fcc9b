/** What is open around the page: the sidebar, the settings, a dialog. */
import { createStore } from './store.ts'

export type OpenDialog = 'shortcuts' | 'key'

export interface ShellState {
  /** Beside the page where there is room, else above it. */
  readonly sidebarOpen: boolean
  readonly settingsOpen: boolean
  readonly dialog: OpenDialog | undefined
}

/** Below this width panels lie above the page. */
const narrow = matchMedia('(max-width: 860px)')

export const shellStore = createStore<ShellState>({
  sidebarOpen: !narrow.matches,
  settingsOpen: false,
  dialog: undefined,
})

export function toggleSidebar(): void {
  shellStore.set((state) => ({
    ...state,
    sidebarOpen: !state.sidebarOpen,
    settingsOpen: narrow.matches ? false : state.settingsOpen,
  }))
}

export function toggleSettings(): void {
  shellStore.set((state) => ({
    ...state,
    settingsOpen: !state.settingsOpen,
    sidebarOpen: narrow.matches ? false : state.sidebarOpen,
  }))
}

/** After a choice in the sidebar: where it covers the page, it goes. */
export function leaveSidebar(): void {
  if (narrow.matches) shellStore.set((state) => ({ ...state, sidebarOpen: false }))
}

export function openDialog(dialog: OpenDialog | undefined): void {
  shellStore.set((state) => ({ ...state, dialog }))
}
