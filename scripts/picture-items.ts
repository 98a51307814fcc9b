/** Labelled sentences that the classification of the README is calibrated with. */

export const pictureLabels = ['sports', 'business', 'science', 'politics'] as const

const byLabel: Readonly<Record<(typeof pictureLabels)[number], readonly string[]>> = {
  sports: [
    'The goalkeeper saved two penalties and her team went through to the semi-final.',
    'He ran the last lap in 54 seconds and broke the national record.',
    'The club signed a new striker on the last day of the transfer window.',
    'Rain stopped play before lunch, and the captains agreed on a draw.',
    'The coach changed his whole midfield after the lost derby.',
    'She won the downhill race by two hundredths of a second.',
  ],
  business: [
    'The airline cut its forecast for the year and its shares fell by nine percent.',
    'Two makers of tyres agreed to merge in a deal worth four billion.',
    'Sales of the shop chain rose in spring, but its costs rose faster.',
    'The bank closed a third of its branches to save rent.',
    'A start-up from the harbour district raised money to build cargo bikes.',
    'Prices of copper reached their highest level in ten years.',
  ],
  science: [
    'The telescope has found water vapour around a planet twice as large as ours.',
    'A new enzyme breaks down plastic bottles within hours.',
    'Researchers counted the genes that let some corals survive warm water.',
    'The particle lives for less than a billionth of a second before it decays.',
    'Bones from the cave show that early humans used fire there.',
    'A vaccine against the fever protected nine of ten mice in the trial.',
  ],
  politics: [
    'Parliament passed the housing law after a debate that lasted all night.',
    'The minister resigned over letters that she had not answered.',
    'Both parties want to lower the voting age before the next election.',
    'The president met the leaders of the opposition to end the crisis.',
    'The council rejected the plan for a new ring road by one vote.',
    'Voters in the north turned away from the coalition.',
  ],
}

export const pictureItems = pictureLabels.flatMap((label) => byLabel[label].map((text) => ({ text, label })))

/** Between two labels: what probabilities are for. */
export const pictureText = 'The government wants football clubs to pay a new tax on every player whom they sell abroad.'
