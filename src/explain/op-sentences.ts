/** One sentence for each kind of op, for a reader who meets it for the first time. */
export const opSentences: Readonly<Record<string, string>> = {
  embedding: 'Looks up the row of the table that belongs to the id: from here on a token is a list of numbers.',
  'rms-norm':
    'Scales each token so that the mean of its squares is 1, then each feature by a learned factor: sizes stay alike from block to block.',
  'layer-norm':
    'Takes the mean off each token and scales it to a variance of 1, then applies a learned factor and offset to each feature.',
  matmul: 'Multiplies each token by a learned matrix: every output is a weighted sum of all inputs.',
  add: 'Adds two tensors, or a bias to each token. After a part of a block it is the residual: the part only corrects what was there.',
  multiply: 'Multiplies number by number: one side is a gate for the other.',
  scale: 'Multiplies all numbers by a constant.',
  rope: 'Turns pairs of numbers by an angle that grows with the position, so that a product of query and key depends on their distance.',
  attention:
    'Stores keys and values of the new tokens; each query mixes the values of the tokens it may see, weighted by the softmax of its products with their keys.',
  'memory-store': 'Keeps keys and values of a text that was read to its end, for others to attend to.',
  'memory-attention': 'Attends to a text that was read before, such as the sentence to translate (cross-attention).',
  glu: 'A gated unit: one half goes through an activation and gates the other half, number by number.',
  activation: 'Bends each number by a fixed curve; without a bend, stacked matrices would be one matrix.',
  rows: 'Keeps only the tokens whose predictions are asked for, so that the large last matrix runs for few.',
  softcap: 'Bends numbers into a range by a tanh, so that none grows out of hand.',
  slice: 'Takes a part of the features of each token.',
  softmax: 'Turns scores into shares that sum to 1.',
  clamp: 'Cuts numbers off at a bound.',
  'conv-causal':
    'Mixes each feature with its own values in the few tokens before: a short memory that is cheap. The last inputs are kept as state.',
  'selective-scan':
    'The recurrence of Mamba: a state of fixed size fades and is written to, as each token says (see `ostro explain scan`).',
  ssd: 'The recurrence of Mamba-2: like Mamba, but all features of a head fade alike, so that it can be computed in chunks by matrix products.',
  'gated-delta':
    'A state that is a table from keys to values: it fades, and of each token it writes only what it did not know of its key yet; then it is asked by the query.',
  'rg-lru':
    'A gated linear recurrence: each feature fades at its own learned rate, and gates say how much fades and how much is written.',
  'capped-route':
    'Chooses the experts of each token, each of which takes a limited number of tokens; who finds all full passes by the residual only (see `ostro explain router`).',
  'router-loss': 'What training adds so that no expert draws all tokens (see `ostro explain router`).',
  route: 'Chooses the experts of each token and their weights (see `ostro explain router`).',
  'expert-linear': 'A matrix for each expert: each token is multiplied by those of its chosen experts only.',
  'combine-experts': 'Adds what the chosen experts gave, each by its weight.',
  'scale-rows': 'Multiplies each token by a number of its own, such as a gate.',
  'cross-entropy': 'The loss of training: how surprising the right next token was.',
  logsumexp: "The logarithm of the sum of exponentials: the softmax's denominator, without overflow.",
}
