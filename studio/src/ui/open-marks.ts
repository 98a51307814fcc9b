/**
 * Markdown that is still being written, as it will probably look: a mark that has only begun would show as a sign, and
 * then turn what stands before it into something else. Only the last block is touched.
 */
export function closeOpenMarks(text: string): string {
  if (isInFence(text)) return text
  const start = text.lastIndexOf('\n\n') + 1
  return text.slice(0, start) + closeInline(withoutBegunLine(text.slice(start)))
}

function isInFence(text: string): boolean {
  return (text.match(/^ {0,3}(?:```|~~~)/gm) ?? []).length % 2 === 1
}

/** A line of nothing but "-", "1." or "##" may become a list, a title, or make a title of the line before. */
function withoutBegunLine(block: string): string {
  return block.replace(/(?:^|\n)[ \t]*(?:[-=+*#>|]+|\d+[.)]?|`{1,2})[ \t]*$/, (line) =>
    /^\d+$/.test(line) ? line : '',
  )
}

function closeInline(block: string): string {
  const written = block.replace(/!?\[([^\]\n]*)\]\([^)\n]*$/, '$1')
  if (count(written, '`') % 2 === 1) return close(written, '`')
  const prose = written.replace(/`[^`]*`/g, '')
  if (count(prose, '**') % 2 === 1) return close(/[^*]\*$/.test(written) ? written.slice(0, -1) : written, '**')
  return /(?:^|[\s(])\*(?![\s*])[^*\n]*$/.test(prose) ? close(written, '*') : written
}

/** A mark at the very end has nothing to hold yet. */
function close(text: string, mark: string): string {
  const trimmed = text.trimEnd()
  return trimmed.endsWith(mark) ? trimmed.slice(0, -mark.length) : trimmed + mark
}

function count(text: string, part: string): number {
  return text.split(part).length - 1
}
