/** The address after `#`: a tab and what it shows, such as `#/chat/ID`. Back and forward work as everywhere. */
import { createStore, useStore } from './store.ts'

export interface Address {
  readonly tab: string
  readonly rest: string | undefined
}

const addressStore = createStore<Address>(readAddress())

window.addEventListener('hashchange', () => addressStore.set(readAddress))

export function useAddress(): Address {
  return useStore(addressStore, (address) => address)
}

export function goTo(tab: string, rest?: string): void {
  location.hash = rest === undefined ? `/${tab}` : `/${tab}/${rest}`
}

function readAddress(): Address {
  const [, tab = '', rest] = location.hash.split('/')
  return { tab: tab === '' ? 'chat' : tab, rest: rest === '' ? undefined : rest }
}
