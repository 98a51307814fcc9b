/** Starts the page. */
import './ui/tokens.css'
import './ui/base.css'
import './app/dialogs.css'
import './app/page.css'
import './app/settings.css'
import { createRoot } from 'react-dom/client'
import { whenKeyWanted } from './api/request.ts'
import { App } from './app/app.tsx'
import { refreshModels } from './app/models-store.ts'
import { openDialog } from './app/shell-store.ts'
import { keepAllNow, loadChats } from './chat/chat-store.ts'

const element = document.getElementById('root')
if (element === null) throw new Error('main: expected an element #root, found none.')

whenKeyWanted(() => openDialog('key'))
window.addEventListener('pagehide', keepAllNow)
void loadChats()
void refreshModels()
createRoot(element).render(<App />)
