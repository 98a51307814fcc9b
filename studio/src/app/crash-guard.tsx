/** A fault in a tab leaves the frame standing and says what to do. React wants a class for this. */
import { Component, type ReactNode } from 'react'
import { Icon } from '../ui/icons.tsx'

interface CrashGuardProps {
  readonly children: ReactNode
}

interface CrashGuardState {
  readonly error: unknown
}

export class CrashGuard extends Component<CrashGuardProps, CrashGuardState> {
  override state: CrashGuardState = { error: undefined }

  static getDerivedStateFromError(error: unknown): CrashGuardState {
    return { error }
  }

  override render(): ReactNode {
    const { error } = this.state
    if (error === undefined) return this.props.children
    return (
      <div className="page crash" role="alert">
        <Icon name="warning" size={28} />
        <h1>This page has a fault</h1>
        <p>{String(error)}</p>
        <p>Your chats are kept. Load the page again; if it happens at the same place, another chat still works.</p>
        <button type="button" className="button button-primary" onClick={() => location.reload()}>
          Load again
        </button>
      </div>
    )
  }
}
