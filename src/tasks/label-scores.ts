/**
 * What speaks for each label of a text, in nats. A small model says "negative" of almost anything, but knows well how negative texts read:
 * so it is asked how probable the text is after each label (noisy channel, Min et al. 2021), and how probable the label is after the text,
 * less how probable it is after no text at all (contextual calibration, Zhao et al. 2021, arXiv 2102.09690).
 */
import type { ScoringModel } from '../tools/scoring-model.ts'
import type { ClassifyOptions, LabelledText } from './classify.ts'

type ScoreOptions = Pick<ClassifyOptions, 'question' | 'examples' | 'multi' | 'signal'>

/** How a label is put in words: what stands before its texts, and what is said after them. */
interface Wording {
  readonly before: string
  readonly between: string
  readonly after: string
}

/** Moods are better felt than named: of five wordings tried on the texts of `src/evals/tasks`, the one that most of them follow. */
const moods: Readonly<Record<string, Omit<Wording, 'between'>>> = {
  positive: { before: 'I am happy about this.', after: ' great.' },
  negative: { before: 'I am unhappy about this.', after: ' terrible.' },
  neutral: { before: 'Here is some information.', after: ' there.' },
}

/** Texts that say nothing: what a label has after them it has for its own sake. */
const contentFree = ['N/A', '.', '[MASK]']

/** Sums of both directions; with labels of equal share in the world their `softmax` are the labels' probabilities. */
export async function labelScores(
  model: ScoringModel,
  text: string,
  labels: readonly string[],
  options: ScoreOptions,
): Promise<number[]> {
  const { question = 'Category', examples = [], multi = false, signal } = options
  const wordings = labels.map((label) => wordingOf(label, labels, question, examples))
  const shown = examples.map((example) => `${question}: ${example.label}\nText: ${example.text}\n\n`).join('')
  const scoreOf = async (prompt: string, continuation: string): Promise<number> => {
    const [score] = await model.scoreContinuations(prompt, [continuation], { signal })
    return score.logprob
  }
  const afterLabels = Promise.all(wordings.map(({ before }) => scoreOf(`${shown}${before}`, ` ${text}`)))
  if (multi) {
    // Each label stands for itself: it is compared with no label.
    const none = await scoreOf(`${shown}Text:`, ` ${text}`)
    return (await afterLabels).map((score) => score - none)
  }
  const told = examples.map((example) => `${example.text}\n${question}: ${example.label}\n\n`).join('')
  const labelsAfter = (read: string): Promise<number[]> =>
    Promise.all(wordings.map(({ between, after }) => scoreOf(`${told}${read}${between}`, after)))
  const [channel, direct, ...free] = await Promise.all([
    afterLabels,
    labelsAfter(text),
    ...contentFree.map(labelsAfter),
  ])
  const bias = labels.map((_, label) => mean(free.map((scores) => centred(scores)[label])))
  const [own, said] = [centred(channel), centred(direct)]
  return own.map((score, label) => score + said[label] - bias[label])
}

function wordingOf(
  label: string,
  labels: readonly string[],
  question: string,
  examples: readonly LabelledText[],
): Wording {
  const mood = moods[label.toLowerCase()]
  const areMoods = examples.length === 0 && labels.every((other) => Object.hasOwn(moods, other.toLowerCase()))
  if (areMoods && mood !== undefined) return { ...mood, between: ' It was' }
  return { before: `${question}: ${label}\nText:`, between: `\n${question}:`, after: ` ${label}` }
}

function centred(scores: readonly number[]): number[] {
  const middle = mean(scores)
  return scores.map((score) => score - middle)
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
