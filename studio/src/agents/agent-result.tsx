/** A run of an agent: its answer, the tree that it searched, what it tried and how that was judged, what it has learnt. */
import { LiveCalls } from '../runs/live-calls.tsx'
import { ResultPart } from '../runs/result-part.tsx'
import type { StepRun } from '../runs/run-store.ts'
import { CandidateList } from './candidate-list.tsx'
import { SearchTree } from './search-tree.tsx'
import './agent-result.css'

export function AgentResult({ run: { view, status } }: { readonly run: StepRun }) {
  const { answer, nodes, path, candidates, reflections, tools } = view
  const text = answer && textOf(answer.output)
  return (
    <>
      {text !== undefined && (
        <ResultPart title="Answer" copy={text}>
          <p className="run-text">{text}</p>
        </ResultPart>
      )}
      {nodes.length > 0 && (
        <ResultPart title={`Search, ${nodes.length} nodes`}>
          <SearchTree nodes={nodes} path={path} />
        </ResultPart>
      )}
      {status === 'running' && nodes.length === 0 && <LiveCalls calls={view.calls} />}
      {tools.length > 0 && (
        <ResultPart title="Results of tools">
          <ul className="tool-results">
            {tools.map(({ name, result, failed }, index) => (
              <li key={index} data-failed={failed}>
                <code>{name}</code> {result}
              </li>
            ))}
          </ul>
        </ResultPart>
      )}
      {nodes.length === 0 && candidates.length > 0 && <CandidateList candidates={candidates} answer={text} />}
      {reflections.length > 0 && (
        <ResultPart title="Reflections">
          <ul className="reflections">
            {reflections.map((reflection, index) => (
              <li key={index}>{reflection}</li>
            ))}
          </ul>
        </ResultPart>
      )}
    </>
  )
}

/** Agents give their best candidate as a text. */
function textOf(output: unknown): string {
  const { text } = output as { text?: unknown }
  return typeof text === 'string' ? text : JSON.stringify(output, undefined, 2)
}
