/**
 * The contract of everything that says which bytes may come next: JSON schemas, regular expressions, grammars, the envelope of
 * a tool call. States are values that never change, so taking back a token is to remember an earlier state.
 */

/** A language of byte strings (UTF-8), compiled. Immutable: one grammar serves any number of generations at once. */
export interface Grammar {
  readonly start: State
}

/**
 * A place within a text of the language. From every reachable state some end is reachable, or `closing` is undefined.
 * States that recur (inside a string, between two members) are the same object wherever that is cheap: masks are cached by it.
 */
export interface State {
  /** The state after one byte (0..255), or undefined where that byte is illegal. Cheap: it is called millions of times. */
  next(byte: number): State | undefined
  /** Whether the text may end here. */
  readonly canEnd: boolean
  /**
   * Bytes of a short way from here to an end: empty where `canEnd`. Undefined where no way is known; such a state is legal but
   * never the last resort.
   */
  closing(): Uint8Array | undefined
  /**
   * Texts of control tokens (`<tool_call>`) that are legal here as that one token. Spelling one out byte by byte is what `next` decides.
   */
  readonly controls?: readonly string[]
  /** The state after a control token of that text. */
  nextControl?(text: string): State | undefined
  /** Set where a run of plain characters is legal whatever else the grammar says; lets whole groups of tokens pass at once. */
  readonly freeRun?: FreeRun | undefined
  /** Set beside a `freeRun` where texts of up to 256 bytes without the byte `exit` are legal exactly as in `inside`, which many states share. */
  readonly within?: { readonly inside: State; readonly exit: number } | undefined
  /** Set where an automaton over characters decides what may come next within a text. Masks prefer it to `freeRun`. */
  readonly characterRun?: CharacterRun | undefined
  /** Runs on whose way other characters are legal than `characterRun` says. */
  readonly runExceptions?: readonly Uint8Array[] | undefined
}

/**
 * A place within a text as far as runs of characters outside `exits` go: the same object wherever the same runs are legal, whatever
 * else tells the states apart. Exactly the runs that it leads through are legal.
 */
export interface CharacterRun {
  /** ASCII bytes that are no part of the run. The same object for the same set. */
  readonly exits: ReadonlySet<number>
  /** The same object for all places that it leads to. */
  readonly kinds: CharacterKinds
  /** The place after a character, the same for all characters of a kind; undefined for exits and what is not legal. */
  next(code: number): CharacterRun | undefined
}

/** Tells characters apart. */
export interface CharacterKinds {
  /** A small number. */
  kindOf(code: number): number
}

/**
 * Any run of at most `maxCharacters` valid UTF-8 characters outside `exits` is legal from here, and shorter runs leave a state
 * with the same `exits`.
 */
export interface FreeRun {
  /** ASCII bytes that are no part of the run. The same object for the same set. */
  readonly exits: ReadonlySet<number>
  /** Infinity where there is no limit. */
  readonly maxCharacters: number
  /**
   * After any two runs of up to 256 bytes exactly the same texts of up to 256 bytes are legal, unless a run is the beginning of one
   * of the exceptions: a loop, or a count that is far from its limits. Masks then need not follow every run.
   */
  readonly isUniform?: boolean | undefined
  /** Runs that lead to places of their own, such as keys that an object knows. */
  readonly exceptions?: readonly Uint8Array[] | undefined
}
