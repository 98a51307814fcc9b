/**
 * News of 250 to 500 words for summaries, made by a seeded program: eight stories, each with five facts that a summary should have, spread
 * over the text among sentences that it can do without. Every second story is held out.
 */
import { type Chooser, createChooser, fill } from './chooser.ts'
import type { SuiteItem } from './text-suite.ts'

export interface SummaryItem extends SuiteItem {
  readonly text: string
  /** Each in any of these words. */
  readonly facts: readonly (readonly string[])[]
}

/**
 * A heading; names for values with what they are drawn from; facts, each with the words that prove it behind `=>`, one of which is enough;
 * then, behind `-`, sentences that a summary can do without.
 */
const written = `
# bridge
name: Weir Bridge / Tanner Bridge / Monk Bridge / Ferry Bridge
cause: cracks / rust / loose bolts
date: day
cost: 2..9
months: 7..23
The {name} has been closed to all traffic since {date}. => {date}
Engineers found {cause} in two of its pillars during a routine check. => {cause}
The council will put up a new bridge, which is to cost {cost} million euros. => {cost} million
Building it is expected to take {months} months. => {months} months
Until then drivers have to use the road past the quarry, while the town runs a free ferry for people on foot. => ferry / quarry
- The old structure was painted by hand every spring, and generations of schoolchildren learned to ride their bicycles on it.
- Shopkeepers on the west bank worry about their trade, and some have already put up signs with arrows.
- A fisherman who has cast his line there for most of his life said that he would miss the shade more than anything.
- Postcards with a picture of the arches are still on sale in the kiosk at the station.
- Nobody was hurt, and the police had little to do but answer questions from curious walkers.
- Buses had crossed the river at that place for as long as anybody on the council could remember.
# strike
firm: Kestrel Tools / Orchard Foods / Vega Print / Halden Glass
workers: 120..980
demand: 4..12
date: day
weeks: 2..6
About {workers} workers of {firm} have walked out. => {workers}
They demand {demand} percent more pay and an end to night shifts. => {demand} percent / {demand} per cent / {demand}%
The strike began on {date}, after talks had broken down. => {date}
The firm says that its stock will last for {weeks} weeks and that customers will notice nothing before then. => {weeks} weeks
A former judge, {judge}, has agreed to lead new talks. => {judge}
judge: person
- Tents stand in front of the gate, and a bakery from across the road brings rolls in the morning.
- The management had offered a single payment instead, which the union turned down within an hour.
- Inside the halls the machines are covered with sheets, and only the guards walk their rounds.
- Some of the older employees remember the last time that work stopped, when snow lay knee-deep in the yard.
- A brass band of retired colleagues came by and played until the rain set in.
- Both sides say that they do not want the quarrel to last, and both say that it is up to the other.
# flood
river: Lenne / Orba / Tisel / Wend
metres: 3..9
homes: 40..900
date: day
euros: 5..60
The {river} rose by {metres} metres in one night. => {metres} metres / {metres} meters
About {homes} homes were flooded. => {homes}
The water came on {date}, after a dam of branches had given way above the town. => {date} / dam
Nobody was killed, but four people were taken to hospital with broken bones. => four people / broken bones / hospital / nobody was killed / no one was killed
The government has promised {euros} million euros for repairs. => {euros} million
- In the sports hall, camp beds stood in long rows, and children slept among stuffed animals that neighbours had brought.
- A farmer led his cows up the hill by torchlight and found all of them again in the morning but one.
- The water left mud on every stair, and the smell of oil hung over the lower streets for days.
- Helpers formed a chain and passed the books of the parish library out through a window.
- Somebody had painted the mark of an older flood on the wall of the mill, and it now lies under the new one.
- Bakers gave away bread, and a circus that happened to be in the area lent its pumps.
# theft
item: a golden cup / a silver clock / a jade horse / a pearl crown
museum: Salt Museum / Clock Museum / Lace Museum / Castle Museum
value: 2..40
date: day
reward: 10..90
Thieves have stolen {item} from the {museum}. => {bare}
The piece is worth about {value} million euros. => {value} million
They came in the night of {date} and left through a skylight. => {date} / skylight
Police believe that a former guard of the house, who has not been seen since, helped them. => guard
The insurance company offers a reward of {reward} thousand euros. => {reward} thousand / {reward},000 / {reward}.000 / {reward}000
- Visitors who came the next day found a paper sign on the door and took pictures of it.
- The alarm had been tested only a week before, and a technician swears that it was in order then.
- In the room itself little was out of place, apart from a chair that somebody had put neatly against the wall.
- A neighbour heard a van with a rattling exhaust but thought nothing of it and went back to bed.
- The director held back her tears when she spoke to reporters on the steps.
- School classes had come to draw the object for years, and many of the drawings hang in the corridor.
# school
school: Elm Road School / Harbour School / Meadow School / Tower Hill School
pupils: 80..640
year: 2028..2034
petition: 1100..9800
other: Saint Jude / Northfield / Riverside / Castle Street
{school} is to close its doors for good in {year}. => {year}
The roof would have to be replaced, and the town says that it cannot pay for it. => roof / pay / money / afford
Its {pupils} pupils will move to {other}. => {other}
Parents have collected {petition} signatures against the plan. => {petition} / {grouped}
The council will vote on it in {month}. => {month}
month: month
- The building has a bell that is rung by hand, a duty that the eldest pupils share among themselves.
- Behind the gym lies a garden with beans and pumpkins, which won a prize at the fair.
- Several teachers have worked there since they left university, and one of them was a pupil there herself.
- The caretaker said that he knew every window by its squeak and would not know what to do with the silence.
- A developer is said to be interested in the plot, although the mayor calls that a rumour.
- On the fence hang banners that the children have painted, most of them with rainbows and one with a shark.
# clinic
town: Alder / Brixa / Corvin / Dunmoor
beds: 20..160
date: day
nurses: 12..95
head: person
A new ward for children opens in the hospital of {town} on {date}. => {date}
It has {beds} beds and two rooms in which parents can stay the night. => {beds} beds
It will be led by {head}, who comes from a clinic in the capital. => {head}
The ward still needs {nurses} nurses, and for that reason half of it stays closed at first. => {nurses} nurses / {nurses} more nurses / {nurses} additional nurses / half
Most of the money was left to the town by a widow who had made it with toy trains. => widow / toy trains
- The walls show whales and lighthouses, and in the waiting area a wooden ship can be climbed.
- Until now families had to drive for over an hour, in winter often behind the snow plough.
- A choir of nurses sang on the stairs, and there was cake with blue icing for everyone.
- Old lamps from the former wing were sold for a good cause, and there were more buyers than lamps.
- The architects say that no corridor is longer than a child's patience.
- Outside, a path leads through a meadow where rabbits can be seen at dusk.
# railway
line: Lake Line / Valley Line / Coast Line / Mill Line
year: 2027..2033
minutes: 11..48
cost: 15..95
stations: 6..19
Trains are to run on the {line} again from {year} on. => {year}
The journey from end to end will be {minutes} minutes faster than by bus. => {minutes} minutes
Work on the track costs {cost} million euros, most of which the state pays. => {cost} million
{stations} stations will be rebuilt, all of them without steps. => {stations} stations / without steps
A group of hikers has gone to court because the route crosses a reserve for cranes. => court / cranes / reserve / hikers
- For thirty years only rust and brambles had used the rails, apart from a club that ran hand cars on Sundays.
- One of the old ticket halls has become a pottery, and its owner hopes that passengers will buy bowls.
- Pupils have been asked to choose the colours of the seats, and green is said to be ahead.
- The mayor waved a whistle that had belonged to her grandfather and blew it twice.
- Maps in the town hall show each tunnel, and people stand before them with their fingers on the glass.
- A model of the locomotive is on display in the window of the savings bank.
# election
town: Estal / Marrow / Linden / Oakham
winner: person
loser: person
share: 51..68
turnout: 38..79
{winner} has been elected mayor of {town}. => {winner}
With {share} percent of the votes the result was clearer than expected. => {share} percent / {share} per cent / {share}%
{loser}, who had held the office for sixteen years, conceded before midnight. => {loser}
Only {turnout} percent of those entitled to vote took part. => {turnout} percent / {turnout} per cent / {turnout}%
The new mayor wants to make buses free and to reopen the swimming pool. => buses / swimming pool
- In the square a small crowd sang, and somebody had brought a drum that was too large for its player.
- Ballots had to be counted twice in one district, because a box had been put in the wrong cupboard.
- Posters will be taken down by the end of the week, and scouts want to make kites out of them.
- The campaign was polite by most accounts, with the exception of an evening about parking.
- Reporters waited in the cellar of the town hall, where coffee was sold out by nine.
- A retired teacher who has kept a list of all mayors since the war added a line in green ink.
`

/** Sentences that fit every story. */
const anywhere = `
A spokeswoman for the town asked everybody for patience and said that more would be known within days.
Opinions in the street are divided, as a short walk past the market stalls shows.
"We have seen worse," said a woman with a dog, who did not want to give her name.
The local radio took calls on the subject all morning and had to put some listeners off until the next day.
It is the third time in recent memory that the place has been in the national papers.
Experts from the university, who were asked for their view, warned against hasty conclusions.
Those who want to know more can come to an evening in the community hall, where there will be drinks.
Similar things have happened elsewhere, although rarely with so much attention.
The weather was mild for the season, and many people used it for a walk to have a look for themselves.
On the internet, pictures were passed around within minutes, not all of which turned out to be real.
A member of the opposition spoke of a matter that should have been dealt with long ago.
Letters to the editor have been piling up, and the newspaper has promised to print as many as it can.
Children seemed to be the least impressed and went on with their football.
What exactly comes next depends on meetings that are not open to the public.
The owner of the inn on the square said that he had never sold so much soup on a weekday.
Older residents compare it with the year in which the cinema burned down.
`
  .trim()
  .split('\n')

const people = 'Ada Holm,Bruno Keller,Clara Novak,Farid Castro,Greta Jansen,Hugo Moreau,Irene Grant,Nils Abel'.split(
  ',',
)
const months = 'January,February,March,April,May,June,July,August,September,October,November,December'.split(',')

interface Story {
  readonly name: string
  readonly values: readonly { readonly name: string; readonly from: string }[]
  readonly facts: readonly { readonly sentence: string; readonly proofs: readonly string[] }[]
  readonly asides: readonly string[]
}

const stories = written.split('\n# ').slice(1).map(readStory)
const textsPerStory = 13
const choose = createChooser(20_264)

/** Stories take turns. */
export const summaryItems: readonly SummaryItem[] = Array.from({ length: textsPerStory }, (_, index) =>
  stories.map((story, at) => makeItem(story, index, at % 2 === 0 ? 'development' : 'held-out')),
).flat()

/** The first fact opens the text; the others stand anywhere in it. */
function makeItem({ name, values, facts, asides }: Story, index: number, half: SummaryItem['half']): SummaryItem {
  const own = drawValues(values)
  const sentences = facts.map(({ sentence }) => capitalised(fill(sentence, own)))
  const rest = [...asides, ...choose.sample(anywhere, choose.whole(7, 14))]
  const mixed = choose.sample([...sentences.slice(1), ...rest], facts.length + rest.length)
  const all = [sentences[0], ...mixed]
  const paragraphs: string[] = []
  for (let at = 0; at < all.length; at += 4) paragraphs.push(all.slice(at, at + 4).join(' '))
  return {
    id: `${name}-${index}`,
    half,
    text: paragraphs.join('\n\n'),
    facts: facts.map(({ proofs }) => proofs.map((proof) => fill(proof, own))),
  }
}

function drawValues(values: Story['values']): Readonly<Record<string, string>> {
  const persons = choose.sample(people, people.length)
  const own = Object.fromEntries(values.map(({ name, from }) => [name, draw(choose, from, () => persons.pop() ?? '')]))
  const grouped = own['petition']?.replace(/(?=\d{3}$)/, ',') ?? ''
  return { ...own, grouped, bare: own['item']?.replace(/^a /, '') ?? '' }
}

function draw({ whole, pick }: Chooser, from: string, person: () => string): string {
  const range = /^(\d+)\.\.(\d+)$/.exec(from)
  if (range !== null) return String(whole(Number(range[1]), Number(range[2])))
  if (from === 'person') return person()
  if (from === 'month') return pick(months)
  if (from === 'day') return `${whole(1, 28)} ${pick(months)}`
  return pick(from.split(' / '))
}

function capitalised(sentence: string): string {
  return sentence[0].toUpperCase() + sentence.slice(1)
}

function readStory(text: string): Story {
  const [name, ...lines] = text.trim().split('\n')
  const values = lines.flatMap((line) => {
    const found = /^(\w+): (.+)$/.exec(line)
    return found === null ? [] : [{ name: found[1], from: found[2] }]
  })
  const facts = lines.flatMap((line) => {
    const [sentence, proofs] = line.split(' => ')
    return proofs === undefined ? [] : [{ sentence, proofs: proofs.split(' / ') }]
  })
  const asides = lines.filter((line) => line.startsWith('- ')).map((line) => line.slice(2))
  return { name, values, facts, asides }
}
