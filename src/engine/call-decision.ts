/** Whether an answer begins with a call, by the model's own probabilities at its first token. */
import type { TokenMatcher } from '../constrain/index.ts'
import { logSumExp } from '../generate/select.ts'
import type { Tokenizer } from '../tokenizer/index.ts'

/** The probability of the tokens with which a call begins. Spaces alone begin anything, so they do not count. */
export function callProbability(tokenizer: Tokenizer, call: TokenMatcher, logits: Float32Array): number {
  const mask = call.mask()
  const total = logSumExp(logits)
  let probability = 0
  for (let word = 0; word < mask.length; word++) {
    for (let bits = mask[word]; bits !== 0; bits &= bits - 1) {
      const token = word * 32 + (31 - Math.clz32(bits & -bits))
      if (!isBlank(tokenizer.tokenBytes(token))) probability += Math.exp(logits[token] - total)
    }
  }
  return probability
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x0a)
}
