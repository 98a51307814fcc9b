/**
 * Texts cut into passages that an encoder can read whole: along headings, then paragraphs, then sentences. Each passage is a stretch of
 * the text, letter for letter.
 */
import { OstroError } from '../util/error.ts'
import { type TextFormat, type Section, sectionsOf } from './sections.ts'
import { paragraphsOf, sentencesOf, type Span } from './sentences.ts'

/** Tokens of each text, without those that open and close a sequence. */
export type TokenCounter = (texts: readonly string[]) => Promise<readonly number[]>

export interface Chunk extends Span {
  /** `source.slice(start, end)` */
  readonly text: string
  /** The headings above it, the outermost first. */
  readonly headings: readonly string[]
  /** Sum over its sentences. */
  readonly tokens: number
}

export interface ChunkOptions {
  readonly countTokens: TokenCounter
  /** Most tokens of a passage, at least 8. Default 200: MiniLM reads 256, and the path of headings comes before the text. */
  readonly mostTokens?: number | undefined
  /** Default `plain`. */
  readonly format?: TextFormat | undefined
}

/** Of a passage's length, what the sentence before it may take as overlap. */
const overlapShare = 0.25

/**
 * The passages of a text in order. Passages do not cross headings; whole paragraphs share a passage where they fit; a paragraph that is
 * longer is cut between sentences, a sentence that is longer at a line or a space. The last sentence of a passage begins the next one
 * of the section too, unless it is long.
 *
 * @throws OstroError `invalid-argument`
 */
export async function chunkText(text: string, options: ChunkOptions): Promise<Chunk[]> {
  const { countTokens, mostTokens = 200, format = 'plain' } = options
  if (!Number.isSafeInteger(mostTokens) || mostTokens < 8) {
    throw new OstroError('invalid-argument', `chunkText: mostTokens of at least 8 expected, got ${mostTokens}.`)
  }
  const sections = sectionsOf(text, format)
  const units = await fittingUnits(text, sections.flatMap(unitsOf(text)), countTokens, mostTokens)
  const bySection = Map.groupBy(units, ({ section }) => section)
  return sections.flatMap((section) =>
    packUnits(bySection.get(section) ?? [], mostTokens).map((packed): Chunk => {
      const { start } = packed[0]
      const end = packed[packed.length - 1].end
      const tokens = packed.reduce((sum, unit) => sum + unit.tokens, 0)
      return { text: text.slice(start, end), start, end, headings: section.headings, tokens }
    }),
  )
}

/** What is not cut if it fits: a sentence. */
interface Unit extends Span {
  readonly section: Section
  /** Number of the paragraph in the section. */
  readonly paragraph: number
}

interface CountedUnit extends Unit {
  readonly tokens: number
}

function unitsOf(text: string): (section: Section) => Unit[] {
  return (section) =>
    paragraphsOf(text.slice(section.start, section.end)).flatMap(({ start, end }, paragraph) =>
      sentencesOf(text, { start: section.start + start, end: section.start + end }).map((sentence) => ({
        ...sentence,
        section,
        paragraph,
      })),
    )
}

/** Units that fit, in order: longer ones are halved until they do. */
async function fittingUnits(
  text: string,
  units: readonly Unit[],
  countTokens: TokenCounter,
  mostTokens: number,
): Promise<CountedUnit[]> {
  if (units.length === 0) return []
  const counts = await countTokens(units.map(({ start, end }) => text.slice(start, end)))
  const counted = units.map((unit, index) => ({ ...unit, tokens: counts[index] }))
  // A tokenizer may read any endless word as one unknown token; nobody wants that in one passage.
  const isLong = ({ tokens, start, end }: CountedUnit): boolean =>
    end - start > 2 && (tokens > mostTokens || end - start > mostTokens * 20)
  const halves = counted.filter(isLong).flatMap((unit) => halve(text, unit))
  if (halves.length === 0) return counted
  const fitting = await fittingUnits(text, halves, countTokens, mostTokens)
  return [...counted.filter((unit) => !isLong(unit)), ...fitting].toSorted((a, b) => a.start - b.start)
}

/** At the line break nearest to the middle, else at the nearest space, else between two characters; of one character, itself. */
function halve(text: string, unit: Unit): Unit[] {
  const stretch = text.slice(unit.start, unit.end)
  const place = nearestBreak(stretch, /[\r\n]+/g) ?? nearestBreak(stretch, /\s+/g) ?? middleBorder(stretch)
  const first = { ...unit, end: unit.start + stretch.slice(0, place).trimEnd().length }
  const rest = stretch.slice(place)
  const second = { ...unit, start: unit.end - rest.trimStart().length }
  return [first, second].filter(({ start, end }) => end > start)
}

/** Within the middle half, so that halving ends soon. */
function nearestBreak(stretch: string, pattern: RegExp): number | undefined {
  const middle = stretch.length / 2
  const places = [...stretch.matchAll(pattern)]
    .map(({ index }) => index)
    .filter((index) => index > stretch.length / 4 && index < (stretch.length * 3) / 4)
  return places.toSorted((a, b) => Math.abs(a - middle) - Math.abs(b - middle))[0]
}

function middleBorder(stretch: string): number {
  const middle = Math.floor(stretch.length / 2)
  // Not between the halves of a surrogate pair.
  return /[\udc00-\udfff]/.test(stretch[middle]) ? middle + 1 : Math.max(1, middle)
}

function packUnits(units: readonly CountedUnit[], mostTokens: number): CountedUnit[][] {
  const packs: CountedUnit[][] = []
  let pack: CountedUnit[] = []
  let tokens = 0
  units.forEach((unit, index) => {
    const isNewParagraph = index > 0 && unit.paragraph !== units[index - 1].paragraph
    const needed = isNewParagraph ? paragraphTokens(units, index) : unit.tokens
    // A paragraph that fits a passage, but not what is left of this one, begins the next.
    const breaks = tokens + needed > mostTokens && (needed <= mostTokens || tokens + unit.tokens > mostTokens)
    if (pack.length > 0 && breaks) {
      packs.push(pack)
      const last = pack[pack.length - 1]
      const overlaps = last.tokens <= mostTokens * overlapShare && last.tokens + unit.tokens <= mostTokens
      pack = overlaps && packs[packs.length - 1].length > 1 ? [last] : []
      tokens = pack.reduce((sum, one) => sum + one.tokens, 0)
    }
    pack.push(unit)
    tokens += unit.tokens
  })
  if (pack.length > 0) packs.push(pack)
  return packs
}

function paragraphTokens(units: readonly CountedUnit[], from: number): number {
  let tokens = 0
  for (let index = from; units[index]?.paragraph === units[from].paragraph; index++) tokens += units[index].tokens
  return tokens
}
