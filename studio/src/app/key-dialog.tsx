/** Asks for the API key that the server wants. */
import { type FormEvent, useId, useState } from 'react'
import { keepKey, readKey } from '../api/request.ts'
import { Dialog } from '../ui/dialog.tsx'

export function KeyDialog({ onClose }: { readonly onClose: () => void }) {
  const [key, setKey] = useState(readKey() ?? '')
  const [remember, setRemember] = useState(false)
  const id = useId()
  const keep = (event: FormEvent) => {
    event.preventDefault()
    keepKey(key.trim() || undefined, remember)
    onClose()
  }
  return (
    <Dialog title="API key" onClose={onClose}>
      <form className="key-form" onSubmit={keep}>
        <p>
          A server that is open to other machines asks for a key. Make one there with <code>ostro keys add NAME</code>.
        </p>
        <label htmlFor={id} className="visually-hidden">
          API key
        </label>
        <input
          id={id}
          className="field"
          type="password"
          autoComplete="off"
          placeholder="Paste the key"
          value={key}
          onChange={({ target }) => setKey(target.value)}
        />
        <label className="check">
          <input type="checkbox" checked={remember} onChange={({ target }) => setRemember(target.checked)} />
          Remember it in this browser
        </label>
        <div className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button button-primary">
            Use this key
          </button>
        </div>
      </form>
    </Dialog>
  )
}
