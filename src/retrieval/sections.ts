/** Headings of a text, and the stretches between them with the path of headings that leads there. */
import type { Span } from './sentences.ts'

/**
 * `markdown`: ATX and setext headings outside of fenced code. `restructured`: underlined titles, each sign a level in the order in which
 * it appears. `manual`: a manual page as text, headings in capitals at the margin and body indented. `plain`: no headings.
 */
export type TextFormat = 'markdown' | 'restructured' | 'manual' | 'plain'

export interface Section extends Span {
  /** From the outermost to the nearest. */
  readonly headings: readonly string[]
}

interface Heading extends Span {
  readonly level: number
  readonly title: string
}

/** The sections of a text in order, without their headings; those without any text are left out. */
export function sectionsOf(text: string, format: TextFormat): Section[] {
  const sections: Section[] = []
  let path: Heading[] = []
  let from = 0
  const pushUpTo = (end: number): void => {
    if (text.slice(from, end).trim() === '') return
    sections.push({ start: from, end, headings: path.map(({ title }) => title) })
  }
  for (const heading of headingsOf(text, format)) {
    pushUpTo(heading.start)
    path = [...path.filter(({ level }) => level < heading.level), heading]
    from = heading.end
  }
  pushUpTo(text.length)
  return sections
}

function headingsOf(text: string, format: TextFormat): Heading[] {
  switch (format) {
    case 'markdown':
      return markdownHeadings(linesOf(text))
    case 'restructured':
      return underlinedHeadings(linesOf(text))
    case 'manual':
      return manualHeadings(linesOf(text))
    case 'plain':
      return []
    default:
      return format satisfies never
  }
}

interface Line extends Span {
  /** Without the line break. */
  readonly text: string
}

function linesOf(text: string): Line[] {
  return [...text.matchAll(/([^\r\n]*)(?:\r\n|\n|\r|$)/g)]
    .filter(({ 0: whole }) => whole !== '')
    .map(({ 0: whole, 1: line, index }) => ({ start: index, end: index + whole.length, text: line }))
}

function markdownHeadings(lines: readonly Line[]): Heading[] {
  const headings: Heading[] = []
  let fence: string | undefined
  lines.forEach((line, place) => {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line.text)?.[1]
    if (fence !== undefined) {
      if (mark?.startsWith(fence) === true && line.text.trim() === mark) fence = undefined
      return
    }
    if (mark !== undefined) {
      fence = mark
      return
    }
    const atx = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/.exec(line.text)
    if (atx) headings.push({ ...spanOf(line), level: atx[1].length, title: titleOf(atx[2] ?? '') })
    const under = /^ {0,3}(=+|-+)[ \t]*$/.exec(line.text)?.[1]
    const before = lines[place - 1]
    // A line of dashes below a blank line, a heading, a list or a table is a rule.
    if (under === undefined || before === undefined || !/^ {0,3}[^\s#>|*+-]/.test(before.text)) return
    if (isBlank(lines[place - 2]))
      headings.push({
        start: before.start,
        end: line.end,
        level: under[0] === '=' ? 1 : 2,
        title: titleOf(before.text),
      })
  })
  return headings
}

function underlinedHeadings(lines: readonly Line[]): Heading[] {
  const levels: string[] = []
  return lines.flatMap((line, place): Heading[] => {
    const before = lines[place - 1]
    if (before === undefined || !/^([=\-`:.'"~^_*+#])\1{2,}[ \t]*$/.test(line.text)) return []
    const isTitle = /^\S/.test(before.text) && /[\p{L}\p{N}]/u.test(before.text)
    if (!isTitle || line.text.trim().length < before.text.trim().length) return []
    const overline = lines[place - 2]
    const hasOverline = overline !== undefined && overline.text.trim() === line.text.trim()
    if (!hasOverline && !isBlank(overline)) return []
    const sign = `${hasOverline ? 'over' : ''}${line.text[0]}`
    if (!levels.includes(sign)) levels.push(sign)
    const start = hasOverline ? overline.start : before.start
    return [{ start, end: line.end, level: levels.indexOf(sign) + 1, title: titleOf(before.text) }]
  })
}

function manualHeadings(lines: readonly Line[]): Heading[] {
  return lines.flatMap((line, place): Heading[] => {
    const isSection = /^\p{Lu}[\p{Lu}\p{N} ,/()'-]*$/u.test(line.text.trimEnd())
    const isSubsection = /^ {2,4}\p{Lu}\S/u.test(line.text) && /^ {5,}\S/.test(lines[place + 1]?.text ?? '')
    if (!isSection && !(isSubsection && isBlank(lines[place - 1]))) return []
    return [{ ...spanOf(line), level: isSection ? 1 : 2, title: titleOf(line.text) }]
  })
}

function isBlank(line: Line | undefined): boolean {
  return line === undefined || line.text.trim() === ''
}

function spanOf({ start, end }: Line): Span {
  return { start, end }
}

/** Without signs of emphasis and code, and the targets of links. */
function titleOf(line: string): string {
  return line
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[*`]/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
