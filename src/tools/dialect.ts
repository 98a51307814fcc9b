/**
 * How a family of models writes what is no text: its calls and its thinking. One descriptor yields the automaton that holds the
 * model to the notation and the events that are read from it.
 */

export interface Dialect {
  /** Of the family: `hermes`, `mistral`. */
  readonly name: string
  /** Undefined for a model that only thinks. */
  readonly calls: CallNotation
  readonly reasoning?: ReasoningNotation | undefined
  /** What leads a text that is neither call nor thinking, and what ends it, where the model writes such markers. */
  readonly text?: TextNotation | undefined
}

/**
 * `open (before NAME afterName ARGUMENTS end) [separator (before …)]… close`. All texts are literal; where the model has control
 * tokens of the same text, they are these tokens.
 */
export interface CallNotation {
  /**
   * The start of the first call by which a call is recognised within a text: a start of `open + before`. Whatever follows it is
   * no longer free.
   */
  readonly trigger: string
  /** Whether calls may follow text. False where the trigger could be text (a bare brace): then they begin the answer. */
  readonly afterText: boolean
  readonly open: string
  readonly before: string
  readonly afterName: string
  readonly arguments: ArgumentsNotation
  readonly end: string
  /** Undefined where there is one call a turn. */
  readonly separator: string | undefined
  readonly close: string
}

export interface ReasoningNotation {
  readonly open: string
  readonly close: string
}

export interface TextNotation {
  /** Empty where a text begins without a marker. */
  readonly open: string
  /** Set where a text is written as a call of that name would be, in place of `open`. */
  readonly recipient?: string
  /** Empty where the turn ends with the text. */
  readonly close: string
}

export type ArgumentsNotation = 'json' | MemberNotation

/**
 * Arguments member by member, each as `keyOpen KEY keyClose VALUE valueClose`. Values are JSON except for strings and words,
 * which have forms of their own.
 */
export interface MemberNotation {
  readonly open: string
  readonly separator: string
  readonly close: string
  readonly keyOpen: string
  readonly keyClose: string
  readonly valueClose: string
  /**
   * `raw`: the characters themselves up to `valueClose`; `python`: in single or double quotes; `quoted`: the characters themselves
   * between two markers, at any depth, with bare keys.
   */
  readonly strings: 'raw' | 'python' | { readonly quote: string }
  /** How truth and nothing are written. Default: as Python does where strings are Python's, else as JSON does. */
  readonly words?: 'json' | undefined
}
