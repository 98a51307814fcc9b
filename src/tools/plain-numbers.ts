/**
 * Numbers as a call would write them: small models stop at the first comma of 2,000,000, so they are shown 2000000. Members of lists
 * in brackets keep their commas.
 */
const grouped = /(?<![\d.,[(])\d{1,3}(?:,\d{3})+(?!\d|,\d|[\])])/g

export function plainNumbers(text: string): string {
  return text.replaceAll(grouped, (number) => number.replaceAll(',', ''))
}
