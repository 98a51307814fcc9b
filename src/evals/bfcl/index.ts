/** The Berkeley Function-Calling Leaderboard's single-turn categories: items, answers, verdicts, reports. */
export { evaluateItem, type Mode, modes } from './answer.ts'
export { checkAnswer } from './check-answer.ts'
export { type BfclItem, categories, type Category, readDataSet } from './data-set.ts'
export { type CategoryReport, type ItemResult, reportCategory } from './report.ts'
