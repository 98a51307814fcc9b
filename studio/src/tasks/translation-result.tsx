/** A translation beside its text, paragraph by paragraph. */
import { ResultPart } from '../runs/result-part.tsx'
import type { ResultProps } from './task-result.tsx'
import './translation-result.css'

interface Translation {
  readonly text: string
}

export function TranslationResult({ output, input }: ResultProps<Translation, { readonly text: string }>) {
  const from = paragraphsOf(input.text)
  const to = paragraphsOf(output.text)
  // Translations keep paragraphs; where one does not, the two texts stand beside each other as they are.
  const rows = from.length === to.length ? from.map((text, index) => [text, to[index]]) : [[input.text, output.text]]
  return (
    <ResultPart title="Translation" copy={output.text}>
      <dl className="translation">
        {rows.map(([text, translated], index) => (
          <div key={index}>
            <dt>{text}</dt>
            <dd>{translated}</dd>
          </div>
        ))}
      </dl>
    </ResultPart>
  )
}

const paragraphsOf = (text: string): readonly string[] => text.trim().split(/\n\s*\n/)
