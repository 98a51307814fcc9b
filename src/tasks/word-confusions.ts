/**
 * Words that writers of English mix up, as edits to be judged: forms of a verb or a noun, prepositions, articles, words that sound alike.
 * A small model does not think of most corrections by itself, but knows which of two sentences is better (Bryant and Briscoe 2018).
 */
import type { Edit } from './word-diff.ts'

/** Each line: words that may stand in place of each other. */
const groups = `is are am was were
was were is are
has have had
do does did
don't doesn't didn't
isn't aren't wasn't weren't
hasn't haven't
its it's
your you're
their there they're
to too two
then than
whose who's
who which that whom
whom who
a an the
less fewer
much many
effect affect
lose loose
advice advise
good well
bad badly
of have
hole whole
peace piece
weather whether
quite quiet
passed past
threw through
where were
here hear
by buy bye
diner dinner
desert dessert
in on at of to for from with by about`
  .split('\n')
  .map((line) => line.split(' '))

/** Base, past and participle of verbs that follow no rule. */
const irregular =
  `be was been/become became become/begin began begun/bite bit bitten/blow blew blown/break broke broken/bring brought brought/build built built/buy bought bought/catch caught caught/choose chose chosen/come came come/cost cost cost/cut cut cut/do did done/draw drew drawn/drink drank drunk/drive drove driven/eat ate eaten/fall fell fallen/feel felt felt/find found found/fly flew flown/forget forgot forgotten/get got got/give gave given/go went gone/grow grew grown/hear heard heard/hold held held/keep kept kept/know knew known/lay laid laid/leave left left/lend lent lent/lie lay lain/lose lost lost/make made made/meet met met/pay paid paid/put put put/read read read/ride rode ridden/ring rang rung/rise rose risen/run ran run/say said said/see saw seen/sell sold sold/send sent sent/shake shook shaken/sing sang sung/sit sat sat/sleep slept slept/speak spoke spoken/spend spent spent/stand stood stood/steal stole stolen/swim swam swum/take took taken/teach taught taught/tell told told/think thought thought/throw threw thrown/understand understood understood/wake woke woken/wear wore worn/win won won/write wrote written`
    .split('/')
    .map((line) => line.split(' '))

/** Words that may be one too many. */
const droppable = new Set('a an the to of on in at for about more most he she it they'.split(' '))

/** Edits of one word each, none of which is sure: most make a sentence worse. */
export function confusionsOf(sentence: string): Edit[] {
  const words = [...sentence.matchAll(/[\p{L}]+(?:['’]\p{L}+)?/gu)].map(({ 0: word, index }) => ({
    word,
    start: index,
  }))
  return words.flatMap(({ word, start }) => {
    const end = start + word.length
    const folded = word.toLowerCase().replaceAll('’', "'")
    const others = new Set([...alike(folded), ...formsOf(folded)])
    others.delete(folded)
    const replaced = [...others].map((other) => ({ start, end, original: word, replacement: inCaseOf(word, other) }))
    const isInside = start > 0 && sentence[end] === ' '
    if (!isInside || !droppable.has(folded)) return replaced
    return [...replaced, { start, end: end + 1, original: `${word} `, replacement: '' }]
  })
}

const alike = (word: string): string[] => groups.flatMap((group) => (group.includes(word) ? group : []))

/** Other inflections of a word, formed by rule or known. */
function formsOf(word: string): string[] {
  // Short words are words of grammar, which have no forms, and names have none that this would know.
  if (word.length < 3 || alike(word).length > 0) return irregularForms(word)
  const stems = stemsOf(word)
  return [...stems.flatMap(inflect), ...stems.flatMap(irregularForms), ...irregularForms(word)]
}

function irregularForms(word: string): string[] {
  const row = irregular.find((forms) => forms.includes(word))
  return row === undefined || row[0] === 'be' ? [] : [...row, ...inflect(row[0]).filter((form) => !form.endsWith('ed'))]
}

function stemsOf(word: string): string[] {
  const stems = [word]
  if (word.endsWith('ies')) stems.push(`${word.slice(0, -3)}y`)
  if (/(?:s|x|z|ch|sh|o)es$/.test(word)) stems.push(word.slice(0, -2))
  if (/[^s]s$/.test(word)) stems.push(word.slice(0, -1))
  const ending = /(?:ed|ing)$/.exec(word)
  if (ending !== null && ending.index > 1) {
    const stem = word.slice(0, ending.index)
    stems.push(stem, `${stem}e`)
    if (/([bdgklmnprt])\1$/.test(stem)) stems.push(stem.slice(0, -1))
  }
  if (word.endsWith('ly') && word.length > 4) stems.push(word.slice(0, -2))
  return stems
}

function inflect(stem: string): string[] {
  const dropped = stem.endsWith('e') ? stem.slice(0, -1) : stem
  const past = /[^aeiou]y$/.test(stem) ? `${stem.slice(0, -1)}ied` : `${dropped}ed`
  const plural = /[^aeiou]y$/.test(stem)
    ? `${stem.slice(0, -1)}ies`
    : /(?:s|x|z|ch|sh)$/.test(stem)
      ? `${stem}es`
      : `${stem}s`
  return [stem, plural, past, `${dropped}ing`, `${stem}ly`]
}

function inCaseOf(word: string, other: string): string {
  return /^\p{Lu}/u.test(word) ? other[0].toUpperCase() + other.slice(1) : other
}
