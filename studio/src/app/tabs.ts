/** The tabs of the page. A tab is one folder of `src/` and one line here. */
import type { ComponentType } from 'react'
import { ChatPage } from '../chat/chat-page.tsx'
import { ChatList } from '../chat/chat-list.tsx'
import { CompletePage } from '../complete/complete-page.tsx'
import { AgentsPage } from '../agents/agents-page.tsx'
import { TasksPage } from '../tasks/tasks-page.tsx'
import type { IconName } from '../ui/icons.tsx'

export interface Tab {
  /** Also its address: `#/chat`. */
  readonly id: string
  readonly label: string
  readonly icon: IconName
  readonly Page: ComponentType
  /** What the sidebar shows below the tabs. */
  readonly Sidebar?: ComponentType
}

export const tabs: readonly Tab[] = [
  { id: 'chat', label: 'Chat', icon: 'chat', Page: ChatPage, Sidebar: ChatList },
  { id: 'complete', label: 'Completion', icon: 'quill', Page: CompletePage },
  { id: 'tasks', label: 'Tasks', icon: 'list', Page: TasksPage },
  { id: 'agents', label: 'Agents', icon: 'branch', Page: AgentsPage },
]
