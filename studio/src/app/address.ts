/** The address after `#`: a tab and what it shows, such as `#/chat/ID`. Back and forward work as everywhere. */
import { createStore, useStore } from './store.ts'

export interface Address {
  readonly tab: string
  readonly rest: string | undefined
}

const addressStore = createStore<Address>(readAddress())

window.addEventListener('hashchange', followAddress)

export function useAddress(): Address {
  return useStore(addressStore, (address) => address)
}

/** The page shows it at once: the browser's own event comes later, and what is typed until then must not be lost. */
export function goTo(tab: string, rest?: string): void {
  location.hash = rest === undefined ? `/${tab}` : `/${tab}/${rest}`
  followAddress()
}

function followAddress(): void {
  const next = readAddress()
  addressStore.set((shown) => (shown.tab === next.tab && shown.rest === next.rest ? shown : next))
}

function readAddress(): Address {
  const [, tab = '', rest] = location.hash.split('/')
  return { tab: tab === '' ? 'chat' : tab, rest: rest === '' ? undefined : rest }
}
