/** Retrieval: texts cut into passages, found again by words and by meaning, and cited so that a quote can be checked. */
export {
  checkCitations,
  type CheckedSentence,
  type Citation,
  type CitationReport,
  type CitationState,
  type GivenQuote,
  type Passage,
  type SentenceState,
} from './citations.ts'
export { paragraphsOf, sentencesOf, type Span } from './sentences.ts'
