/** Which of several versions of a turn is shown. */
import { Icon } from '../ui/icons.tsx'
import { changeChat } from './chat-store.ts'
import { showBranch } from './conversation.ts'

export interface Branch {
  readonly ids: readonly string[]
  readonly at: number
}

export function BranchSwitch({ chatId, branch: { ids, at } }: { readonly chatId: string; readonly branch: Branch }) {
  if (ids.length < 2) return null
  const show = (index: number) => {
    const id = ids[index]
    if (id !== undefined) changeChat(chatId, (chat) => showBranch(chat, id))
  }
  return (
    <span className="branch-switch" role="group" aria-label="Versions">
      <button
        type="button"
        className="icon-button icon-button-small"
        aria-label="Previous version"
        disabled={at === 0}
        onClick={() => show(at - 1)}
      >
        <Icon name="chevronLeft" size={16} />
      </button>
      <span aria-label={`Version ${at + 1} of ${ids.length}`}>
        {at + 1}/{ids.length}
      </span>
      <button
        type="button"
        className="icon-button icon-button-small"
        aria-label="Next version"
        disabled={at === ids.length - 1}
        onClick={() => show(at + 1)}
      >
        <Icon name="chevronRight" size={16} />
      </button>
    </span>
  )
}
