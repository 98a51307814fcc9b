/** A chat as a file: the shown path as Markdown to read, or everything as JSON. */
import { type Conversation, pathOf } from './conversation.ts'

export function exportChat(chat: Conversation, form: 'markdown' | 'json'): void {
  const text = form === 'json' ? JSON.stringify(chat, undefined, 2) : chatMarkdown(chat)
  const type = form === 'json' ? 'application/json' : 'text/markdown'
  const address = URL.createObjectURL(new Blob([text], { type }))
  const anchor = document.createElement('a')
  anchor.href = address
  anchor.download = `${fileName(chat.title)}.${form === 'json' ? 'json' : 'md'}`
  anchor.click()
  URL.revokeObjectURL(address)
}

/** Exported for tests. */
export function chatMarkdown(chat: Conversation): string {
  const parts = pathOf(chat).flatMap(({ message }) => {
    if (message.role === 'user') return [`## You\n\n${message.text}`]
    const calls = message.toolCalls.map(
      ({ name, arguments: given, result }) => `\`${name}(${given})\` → \`${result ?? 'not run'}\``,
    )
    return [[`## ${message.model}`, message.text, ...calls].filter((part) => part !== '').join('\n\n')]
  })
  return [`# ${chat.title}`, ...parts].join('\n\n') + '\n'
}

function fileName(title: string): string {
  return (
    title
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 60) || 'chat'
  )
}
