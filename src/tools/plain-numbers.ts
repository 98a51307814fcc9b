/**
 * Numbers as a call would write them. Small models copy well and calculate badly: they stop at the first comma of 2,000,000 and
 * pass 5 for 5%. So the text that they are shown says such numbers as digits too.
 */

/** Members of lists in brackets keep their commas. */
const grouped = /(?<![\d.,[(])\d{1,3}(?:,\d{3})+(?!\d|,\d|[\])])/g
const perCent = /(\d+(?:\.\d+)?) ?(?:%|percent\b|per cent\b)/gi
const scaled = /(\d+(?:\.\d+)?) (thousand|million|billion|trillion)\b/gi
const powers: Readonly<Record<string, number>> = { thousand: 3, million: 6, billion: 9, trillion: 12 }

/** `$2,000,000 at 5%` becomes `$2000000 at 5% (0.05)`, `8.5 million` becomes `8.5 million (8500000)`. */
export function plainNumbers(text: string): string {
  return text
    .replaceAll(grouped, (number) => number.replaceAll(',', ''))
    .replaceAll(perCent, (whole, number: string) => `${whole} (${shiftPoint(number, -2)})`)
    .replaceAll(scaled, (whole, number: string, word: string) => {
      return `${whole} (${shiftPoint(number, powers[word.toLowerCase()] ?? 0)})`
    })
}

/** Times ten to the power of `places`, digit by digit, so that nothing is rounded. */
function shiftPoint(number: string, places: number): string {
  const [whole = '', fraction = ''] = number.split('.')
  const digits = whole + fraction
  const point = whole.length + places
  const before = digits.slice(0, Math.max(0, point)).padEnd(point, '0')
  const after = (point < 0 ? '0'.repeat(-point) : '') + digits.slice(Math.max(0, point))
  const shown = after.replace(/0+$/, '')
  return (before.replace(/^0+(?=\d)/, '') || '0') + (shown === '' ? '' : `.${shown}`)
}
