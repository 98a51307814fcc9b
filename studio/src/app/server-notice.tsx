/** Says when the server cannot be reached, and what to do. */
import { adviceFor } from '../api/error.ts'
import { modelsStore, refreshModels } from './models-store.ts'
import { openDialog } from './shell-store.ts'
import { useStore } from './store.ts'
import { Icon } from '../ui/icons.tsx'

export function ServerNotice() {
  const { status, failure } = useStore(modelsStore, (state) => state)
  if (status !== 'failed' || failure === undefined) return null
  return (
    <div className="notice notice-danger" role="alert">
      <Icon name="warning" />
      <p>
        <strong>{failure.message}</strong> {adviceFor(failure)}
      </p>
      {failure.status === 401 && (
        <button type="button" className="button button-small" onClick={() => openDialog('key')}>
          Enter a key
        </button>
      )}
      <button type="button" className="button button-small" onClick={() => void refreshModels()}>
        Try again
      </button>
    </div>
  )
}
