/** What many texts say, each with the number of texts that say it; opened, it shows the places. */
import { ResultPart } from '../runs/result-part.tsx'
import type { ResultProps } from './task-result.tsx'
import './insights-result.css'

interface Mention {
  /** Index of the text. */
  readonly text: number
  readonly start: number
  readonly end: number
}

interface Insights {
  readonly insights: readonly {
    readonly sentence: string
    readonly texts: number
    readonly mentions: readonly Mention[]
  }[]
  readonly claims: number
  readonly single: number
}

export function InsightsResult({ output, input }: ResultProps<Insights, { readonly texts: readonly string[] }>) {
  const { insights, claims, single } = output
  const all = input.texts.length
  const copy = insights.map(({ sentence, texts }) => `${texts}/${all}\t${sentence}`).join('\n')
  return (
    <ResultPart title="Insights" copy={insights.length === 0 ? undefined : copy}>
      {insights.length === 0 && <p className="run-text">The texts have nothing in common.</p>}
      <ol className="insights">
        {insights.map(({ sentence, texts, mentions }, index) => (
          <li key={index}>
            <details>
              <summary>
                <span className="insight-sentence">{sentence}</span>
                <span className="insight-count">
                  {texts} of {all}
                  <span className="visually-hidden"> texts</span>
                </span>
                <meter aria-hidden="true" value={texts} min={0} max={all} />
              </summary>
              <ul>
                {mentions.map((mention, place) => (
                  <li key={place}>
                    <span>Text {mention.text + 1}</span> {input.texts[mention.text]?.slice(mention.start, mention.end)}
                  </li>
                ))}
              </ul>
            </details>
          </li>
        ))}
      </ol>
      <p className="step-field-hint">
        Counted in {claims} {claims === 1 ? 'sentence' : 'sentences'}; {single} of them {single === 1 ? 'is' : 'are'}{' '}
        said too seldom to stand here.
      </p>
    </ResultPart>
  )
}
