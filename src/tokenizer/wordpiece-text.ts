/**
 * How BERT reads text: cleaned, in lower case without accents where the model is uncased, Chinese characters and punctuation as words of
 * their own. Categories are those of the engine's Unicode; characters newer than the model are unknown to it one way or the other.
 */

export interface BertNormalizing {
  /** Drop control and format characters, make every white space a space. */
  readonly cleansText: boolean
  readonly spacesChinese: boolean
  readonly stripsAccents: boolean
  readonly lowercases: boolean
}

/** U+0000 and U+FFFD, and what Unicode calls Other, but for the white space among it. */
const dropped = /[\u{FFFD}\p{Cc}\p{Cf}\p{Co}]/gu
const keptControls = '\t\n\r'
const whiteSpace = /\p{White_Space}/gu
const accents = /\p{Mn}/gu
/** The blocks that BERT's authors listed, with the gap between extensions D and E that their list has. */
const chinese =
  /[\u{3400}-\u{4DBF}\u{4E00}-\u{9FFF}\u{F900}-\u{FAFF}\u{20000}-\u{2A6DF}\u{2A700}-\u{2B81F}\u{2B920}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu
const onlyAscii = /^[\t\n\r -~]*$/

export function normalizeForBert(text: string, rules: BertNormalizing): string {
  if (onlyAscii.test(text)) {
    const cleaned = rules.cleansText ? text.replace(/[\t\n\r]/g, ' ') : text
    return rules.lowercases ? cleaned.toLowerCase() : cleaned
  }
  let result = text
  if (rules.cleansText) {
    result = result.replace(dropped, (character) => (keptControls.includes(character) ? ' ' : ''))
    result = result.replace(whiteSpace, ' ')
  }
  if (rules.spacesChinese) result = result.replace(chinese, ' $& ')
  if (rules.stripsAccents) result = result.normalize('NFD').replace(accents, '')
  return rules.lowercases ? lowercase(result) : result
}

/** Character by character: over a whole text JavaScript writes a final sigma another way. */
function lowercase(text: string): string {
  return text.includes('Σ') ? text.replaceAll('Σ', 'σ').toLowerCase() : text.toLowerCase()
}

const words = /[!-/:-@[-`{-~]|\p{P}|[^\p{White_Space}\p{P}!-/:-@[-`{-~]+/gu

/** Cuts at white space, which is dropped, and around each mark of punctuation. */
export function cutBertWords(text: string, onWord: (word: string) => void): void {
  for (const [word] of text.matchAll(words)) onWord(word)
}
