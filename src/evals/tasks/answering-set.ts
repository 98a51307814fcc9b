/**
 * Questions about passages, made by a seeded program: things of ten kinds, each with facts that are said in one of two ways and asked for in
 * one of two others. Every item shows three things of the asked kind and two of another; a third of the questions asks for a fact that the
 * passages say of the others only. Every second kind is held out.
 */
import { createChooser, fill } from './chooser.ts'
import type { Half, SuiteItem } from './text-suite.ts'

export interface AnsweringItem extends SuiteItem {
  readonly question: string
  readonly passages: readonly { readonly id: string; readonly text: string }[]
  /** Undefined where the passages do not say it. */
  readonly reference: string | undefined
  /** What the passages say of the other things: an answer that also says one of these has not told them apart. */
  readonly others: readonly string[]
  /** Number of the passage that says it, from 1. */
  readonly source: number | undefined
}

interface Fact {
  readonly says: readonly string[]
  readonly asks: readonly string[]
  /** `year`, `person`, a range such as `3..40`, or texts to choose from. */
  readonly value: string
}

interface Kind {
  readonly name: string
  readonly half: Half
  readonly things: readonly string[]
  /** A sentence that no question is about. */
  readonly asides: readonly string[]
  readonly facts: readonly Fact[]
}

/** A heading, its things and asides; then facts: what they are drawn from, two ways of saying it, and two of asking for it. */
const written = `
# lighthouse
things: Skarn Light / Pell Point Light / Varde Light / Crow Rock Light / Anse Light
asides: Seals rest on the rocks below. / The coast around it is known for fog. / A path leads up from the beach.
value: year
says: {x} was built in {v}. / The first lamp of {x} was lit in {v}.
asks: When was {x} built? / In which year did {x} begin to shine?
value: 14..68
says: It is {v} metres tall. / Its tower rises {v} metres above the ground.
asks: How tall is {x}? / What is the height of {x} in metres?
value: person
says: {v} was its last keeper. / Its last keeper, {v}, left with two goats.
asks: Who was the last keeper of {x}? / Name the last person who kept {x}.
value: white / red / yellow / black / green
says: The tower is painted {v}. / Sailors know it by its {v} walls.
asks: What colour is {x}? / In which colour are the walls of {x} painted?
# museum
things: the Button Museum / the Salt Museum / the Kite Museum / the Clock Museum / the Lace Museum
asides: The cafe on the first floor sells pancakes. / School classes come on most mornings. / Its roof was mended last winter.
value: Alder / Brixa / Corvin / Dunmoor / Estal
says: {X} stands in {v}. / You find {x} in {v}.
asks: Where is {x}? / In which town can {x} be visited?
value: 3..29
says: A ticket costs {v} euros. / Visitors pay {v} euros at the door.
asks: How much is a ticket for {x}? / What does it cost to get into {x}?
value: Monday / Tuesday / Wednesday / Thursday / Friday
says: It is closed on {v}. / Do not come on a {v}, when the doors stay shut.
asks: On which day is {x} closed? / Which day of the week is {x} not open?
value: person
says: {v} founded it with a few boxes from an attic. / Its founder was {v}.
asks: Who founded {x}? / Who was the founder of {x}?
# ferry
things: the ferry Marta / the ferry Osprey / the ferry Lucia / the ferry Norden / the ferry Halcyon
asides: Bicycles travel free of charge. / There is soup on board in winter. / In storms it stays in the harbour.
value: Ness / Tarva / Little Holm / Sandey / Cape Orla
says: {X} sails to {v}. / Islanders take {x} to {v}.
asks: Where does {x} go? / To which place does {x} sail?
value: 8..90
says: She carries {v} cars. / There is room for {v} cars on her deck.
asks: How many cars can {x} carry? / For how many cars does {x} have room?
value: 12..140
says: The crossing takes {v} minutes. / After {v} minutes she reaches the other side.
asks: How long does the crossing with {x} take? / How many minutes does a trip on {x} last?
value: person
says: Her captain is {v}. / {v} stands at her wheel.
asks: Who is the captain of {x}? / Who steers {x}?
# bakery
things: the Lindner bakery / the Corner bakery / the Abbot bakery / the Rye House / the Old Oven
asides: The queue reaches the street on Sundays. / Flour is delivered by cart. / It smells of cinnamon from five in the morning.
value: plum cake / rye bread / almond rolls / cheese sticks / poppy buns
says: {X} is famous for its {v}. / People come to {x} for the {v}.
asks: What is {x} famous for? / For what do people go to {x}?
value: 3..40
says: It employs {v} people. / {v} people work there.
asks: How many people work in {x}? / How many employees does {x} have?
value: person
says: {v} has run it since last spring. / It belongs to {v}.
asks: Who runs {x}? / Who owns {x}?
value: year
says: The oven dates from {v}. / It was opened in {v}.
asks: From which year is the oven of {x}, or the shop itself? / Which year belongs to the beginnings of {x}?
# hut
things: the Falken hut / the Edel hut / the Grau hut / the Sonn hut / the Karst hut
asides: Water comes from a spring behind the house. / Marmots whistle on the slopes. / There is no telephone up there.
value: 1210..2890
says: {X} lies at {v} metres. / At {v} metres you reach {x}.
asks: How high is {x}? / At what height does {x} lie?
value: 12..96
says: It has {v} beds. / {v} hikers can sleep there.
asks: How many beds does {x} have? / How many people can sleep in {x}?
value: Obertal / Sankt Veit / Molina / Brandau / Grins
says: The path starts in {v}. / Hikers set out for it from {v}.
asks: Where does the path to {x} start? / From which village do hikers walk to {x}?
value: person
says: The cook, {v}, makes dumplings. / {v} cooks for the guests.
asks: Who cooks in {x}? / What is the name of the cook of {x}?
# orchestra
things: the Vale Orchestra / the Harbour Players / the Northern Strings / the Arden Sinfonia / the Tram Depot Band
asides: They rehearse in a former cinema. / Half of the players are students. / The audience may bring cushions.
value: person
says: {v} conducts {x}. / The conductor of {x} is {v}.
asks: Who is the conductor of {x}? / Who leads {x} as conductor?
value: 11..95
says: It has {v} members. / {v} musicians belong to it.
asks: How many members does {x} have? / Of how many musicians does {x} consist?
value: year
says: It gave its first concert in {v}. / The public first heard it in {v}.
asks: When did {x} first play in public? / In which year was the first concert of {x}?
value: Portugal / Norway / Japan / Chile / Ireland
says: Its next tour goes to {v}. / In autumn it travels to {v}.
asks: Where will {x} tour next? / To which country does {x} travel?
# bridge
things: the Weir Bridge / the Tanner Bridge / the Long Bridge / the Monk Bridge / the Iron Bridge
asides: Swallows nest under its arches. / Couples hang padlocks on the railing. / Lorries have to take the motorway.
value: Lenne / Orba / Tisel / Wend / Yarra Brook
says: {X} crosses the {v}. / Under {x} flows the {v}.
asks: Which river does {x} cross? / What is the name of the river under {x}?
value: 35..820
says: It is {v} metres long. / From bank to bank it measures {v} metres.
asks: How long is {x}? / What is the length of {x} in metres?
value: person
says: {v} designed it. / The plans were drawn by {v}.
asks: Who designed {x}? / Who drew the plans of {x}?
value: year
says: It was opened in {v}. / Traffic has used it since {v}.
asks: When was {x} opened? / Since which year has {x} been in use?
# firm
things: Kestrel Tools / Vega Print / Orchard Foods / Blue Heron Travel / Northwind Paper
asides: Its canteen is open to neighbours. / The logo was drawn by a pupil. / It has never advertised on the radio.
value: Alder / Brixa / Corvin / Dunmoor / Estal
says: {X} has its seat in {v}. / The head office of {x} is in {v}.
asks: Where is the head office of {x}? / In which town does {x} have its seat?
value: 2..98
says: Last year it sold goods for {v} million euros. / Its sales came to {v} million euros last year.
asks: How many million euros did {x} sell for last year? / What were the sales of {x} last year, in million euros?
value: person
says: {v} is its director. / It is headed by {v}.
asks: Who is the director of {x}? / Who heads {x}?
value: year
says: It was founded in {v}. / The firm has existed since {v}.
asks: When was {x} founded? / Since which year has {x} existed?
# lake
things: Lake Mirel / Lake Odern / Lake Suva / Lake Tarn / Lake Brenn
asides: In some winters it freezes over. / Rowing boats can be hired. / A monastery stands on its shore.
value: 9..310
says: {x} is {v} metres deep. / At its deepest place, {x} measures {v} metres.
asks: How deep is {x}? / What is the depth of {x} in metres?
value: trout / perch / pike / eel / carp
says: Anglers catch {v} there. / It is rich in {v}.
asks: Which fish lives in {x}? / What do anglers catch in {x}?
value: Obertal / Sankt Veit / Molina / Brandau / Grins
says: The largest village on it is {v}. / {v} is the largest village on its shore.
asks: Which is the largest village on {x}? / What is the largest village on the shore of {x} called?
value: 13..28
says: A walk around it takes {v} hours. / You need {v} hours to walk around it.
asks: How long is the walk around {x}? / How many hours does it take to walk around {x}?
# school
things: Elm Road School / Saint Jude School / Harbour School / Meadow School / Tower Hill School
asides: Lunch is cooked by parents. / The yard has a large lime tree. / It won a prize for its garden.
value: 84..990
says: {x} has {v} pupils. / {v} children go to {x}.
asks: How many pupils does {x} have? / How many children attend {x}?
value: person
says: The head teacher is {v}. / {v} is in charge.
asks: Who is the head of {x}? / Who leads {x}?
value: French / Spanish / Dutch / Polish / Latin
says: The first foreign language is {v}. / All children learn {v}.
asks: Which language is taught at {x}? / Which foreign language do the children of {x} learn?
value: year
says: Its building went up in {v}. / The house was built in {v}.
asks: When was the building of {x} put up? / From which year is the building of {x}?
`

const people = 'Ada Holm,Bruno Keller,Clara Novak,Farid Castro,Greta Jansen,Hugo Moreau,Irene Grant,Nils Abel'.split(
  ',',
)

const kinds = written.split('\n# ').slice(1).map(readKind)
const itemsPerKind = 12
const choose = createChooser(20_262)

/** Kinds take turns; of each kind every third question has no answer. */
export const answeringItems: readonly AnsweringItem[] = Array.from({ length: itemsPerKind }, (_, index) =>
  kinds.map((kind, at) => makeItem(kind, kinds[(at + 1 + (index % 3)) % kinds.length], index)),
).flat()

function makeItem(kind: Kind, beside: Kind, index: number): AnsweringItem {
  const hasAnswer = index % 3 !== 2
  const asked = kind.facts[index % kind.facts.length]
  const things = choose.sample(kind.things, 3)
  const texts = things.map((thing, at) => describe(kind, thing, at === 0 && !hasAnswer ? asked : undefined))
  const further = choose.sample(beside.things, 2).map((thing) => describe(beside, thing, undefined))
  const order = choose.sample([...texts, ...further], 5)
  const passages = order.map(({ thing, text }) => ({ id: thing, text }))
  const valueOf = ({ said }: Description): string => String(said.get(asked) ?? '')
  const reference = hasAnswer ? valueOf(texts[0]) : undefined
  return {
    id: `${kind.name}-${index}`,
    half: kind.half,
    question: fill(choose.pick(asked.asks), { x: things[0] }),
    passages,
    reference,
    others: texts
      .slice(1)
      .map(valueOf)
      .filter((value) => value !== reference),
    source: hasAnswer ? order.indexOf(texts[0]) + 1 : undefined,
  }
}

interface Description {
  readonly thing: string
  readonly text: string
  readonly said: ReadonlyMap<Fact, string | number>
}

/** All facts of a thing but one, with an aside. */
function describe({ facts, asides }: Kind, thing: string, leftOut: Fact | undefined): Description {
  const told = facts.filter((fact) => fact !== leftOut).map((fact) => ({ fact, value: draw(fact.value) }))
  // Where the first fact is left out, something else has to name the thing.
  const opening = leftOut === facts[0] ? [`Many have heard of ${thing}.`] : []
  const sentences = told.map(({ fact, value }) =>
    fill(choose.pick(fact.says), { x: thing, X: thing[0].toUpperCase() + thing.slice(1), v: value }),
  )
  const said = new Map(told.map(({ fact, value }) => [fact, value]))
  return { thing, text: [...opening, ...sentences, choose.pick(asides)].join(' '), said }
}

function draw(from: string): string | number {
  if (from === 'year') return choose.whole(1720, 1995)
  if (from === 'person') return choose.pick(people)
  const range = /^(\d+)\.\.(\d+)$/.exec(from)
  return range === null ? choose.pick(from.split(' / ')) : choose.whole(Number(range[1]), Number(range[2]))
}

function readKind(text: string, at: number): Kind {
  const [name, ...lines] = text.trim().split('\n')
  const listed = (heading: string): string[][] =>
    lines.flatMap((line) => (line.startsWith(`${heading}: `) ? [line.slice(heading.length + 2).split(' / ')] : []))
  const [[things], [asides], says, asks] = [listed('things'), listed('asides'), listed('says'), listed('asks')]
  const facts = listed('value').map((value, fact) => ({ value: value.join(' / '), says: says[fact], asks: asks[fact] }))
  return { name, half: at % 2 === 0 ? 'development' : 'held-out', things, asides, facts }
}
