/** The table of commands: a summary for the help text, and the file that is loaded when the command is called. */
import type { Command } from './command.ts'

export interface CommandEntry {
  readonly summary: string
  readonly load: () => Promise<{ readonly command: Command }>
}

/** A command whose first argument names another: `ostro eval bfcl`. */
export interface CommandFamily {
  readonly summary: string
  readonly members: () => Promise<Readonly<Record<string, CommandEntry>>>
}

export const commands: Readonly<Record<string, CommandEntry | CommandFamily>> = {
  run: { summary: 'Answer one prompt', load: () => import('./commands/run.ts') },
  chat: { summary: 'Hold a conversation', load: () => import('./commands/chat.ts') },
  serve: {
    summary: 'Serve the OpenAI interface and the chat page',
    load: () => import('./commands/serve.ts'),
  },
  keys: { summary: 'Make, list and revoke API keys of the server', load: () => import('./commands/keys.ts') },
  pull: { summary: 'Download a model', load: () => import('./commands/pull.ts') },
  ls: { summary: 'List the models on this machine', load: () => import('./commands/ls.ts') },
  show: { summary: "Show a model's metadata", load: () => import('./commands/show.ts') },
  rm: { summary: 'Remove a downloaded model', load: () => import('./commands/rm.ts') },
  inspect: { summary: 'Show architecture, tensors and plan', load: () => import('./commands/inspect.ts') },
  explain: {
    summary: 'Work attention, a router or a scan by hand; show how an architecture computes',
    load: () => import('./commands/explain.ts'),
  },
  embed: { summary: 'Make vectors of texts', load: () => import('./commands/embed.ts') },
  rerank: { summary: 'Order documents by relevance for a query', load: () => import('./commands/rerank.ts') },
  index: { summary: 'Index a folder of texts for questions', load: () => import('./commands/index.ts') },
  ask: {
    summary: 'Answer a question from indexed texts, each sentence with its source',
    load: () => import('./commands/ask.ts'),
  },
  do: {
    summary: 'Summarise, classify, extract, correct, ...: tasks with texts',
    members: async () => (await import('./commands/do.ts')).members,
  },
  translate: {
    summary: 'Translate a text, or the lines of standard input',
    load: () => import('./commands/translate.ts'),
  },
  tokenize: { summary: 'Show the tokens of a text', load: () => import('./commands/tokenize.ts') },
  perplexity: { summary: 'Measure how well a model predicts a text', load: () => import('./commands/perplexity.ts') },
  quantize: { summary: 'Write a smaller copy of a model', load: () => import('./commands/quantize.ts') },
  bench: { summary: 'Measure tokens per second', load: () => import('./commands/bench.ts') },
  agent: {
    summary: 'Have an agent work on a task: try, judge, try again',
    members: async () => (await import('./commands/agent.ts')).members,
  },
  eval: {
    summary: 'Measure how good a model is at something',
    members: async () => (await import('./commands/eval.ts')).members,
  },
}
