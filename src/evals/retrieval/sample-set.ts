/**
 * A small set written for this purpose: the handbook of a town that does not exist, so that no model has read it before. Of each page's
 * questions the first uses words of the page, the second says the same with others.
 */
import type { RetrievalSet } from './evaluate.ts'

type Page = readonly [name: string, text: string, withWords: string, otherwise: string]

const pages: readonly Page[] = [
  [
    'ferry',
    'The ferry to Ness leaves the north quay at 7:10, 12:40 and 18:05. Bicycles travel free of charge, cars are not carried. In winter the evening crossing is cancelled when the wind passes force eight; a red lamp on the harbour office then burns from noon on.',
    'When does the ferry to Ness leave?',
    'Can I take my automobile to the island by boat?',
  ],
  [
    'library',
    'The reading room of the town library is open from ten to eight, on Sundays to two. Members borrow up to twelve volumes for four weeks. For each day beyond that, ten pence a volume are due, at most three pounds. Children under fourteen pay nothing.',
    'How many volumes may members borrow?',
    'What is the fine for bringing books back late?',
  ],
  [
    'water',
    'Hard water comes to the eastern streets from the Tarn wells, soft water to the rest from the Lower Reservoir. The works flush the pipes in the first week of May. If the tap runs brown, let it run for five minutes before you fill a kettle.',
    'Where does the hard water of the eastern streets come from?',
    'My sink gives rusty liquid, what should I do?',
  ],
  [
    'market',
    'Stalls may be set up on Cooper Square from five in the morning on Wednesday and Saturday. A pitch of three metres costs eleven pounds. Sellers of fish stand on the north side, where the drains are. All must be swept clean by three.',
    'What does a pitch of three metres on Cooper Square cost?',
    'On which days can I buy vegetables in the open air?',
  ],
  [
    'bees',
    'Whoever keeps hives within the walls tells the council in March. No more than four colonies stand on one plot, at least six metres from a footpath. A swarm that settles on public ground belongs to whoever is first to box it.',
    'How many colonies may stand on one plot?',
    'Who owns honey insects that have escaped into a park?',
  ],
  [
    'snow',
    'Householders clear the pavement before their door by eight. Salt is not allowed on the cobbles of the old town, where it eats the mortar: take grit from the yellow boxes. The plough serves the hospital road first, then the bus routes, then the hills.',
    'Where do I find grit for the cobbles of the old town?',
    'In which order are streets freed after a blizzard?',
  ],
  [
    'school',
    'Lessons begin at half past eight. A pupil who is ill is reported by telephone before nine, and brings a note when away for more than three days. The kitchen serves a warm meal at noon; allergies are told to Mrs Orr in the office.',
    'To whom are allergies told at the school?',
    'My child has a fever, how do I excuse her from class?',
  ],
  [
    'tower',
    'The signal tower was built in 1743 of black basalt and is 41 metres high. Its lamp burned whale oil until 1888, then gas. Visitors climb 212 steps; the last flight is closed in thunderstorms because the rod was never renewed.',
    'When was the signal tower built?',
    'How many stairs must one climb for the view over the coast?',
  ],
  [
    'rubbish',
    'Grey bins are emptied on Monday, green ones for kitchen and garden waste on Thursday. Paint, batteries and lamps go to the yard behind the gasworks, where two visits a year are free. Glass is taken at every petrol station.',
    'When are the green bins emptied?',
    'How do I get rid of old accumulators?',
  ],
  [
    'rent',
    'A deposit of at most two months is paid into a blocked account. The landlord returns it within thirty days after the keys, with interest, less what the protocol of the flat shows as damage. Scratches from ordinary use are no damage.',
    'How large may a deposit be at most?',
    'When do I get my money back after moving out?',
  ],
  [
    'orchard',
    'The common orchard has ninety apple trees of eleven sorts. From the second Sunday of October anyone may fill one basket; ladders are lent at the gate. Windfalls are left for the hedgehogs. Grafting is taught on the last Saturday in February.',
    'How many apple trees has the common orchard?',
    'Where can I learn to join twigs of fruit plants?',
  ],
  [
    'tax',
    'Dogs are taxed with forty pounds a year, the second with sixty. Guide dogs and those of shepherds are exempt. The tag is worn at the collar and must be renewed in January; without it the warden may bring the animal to the pound.',
    'What is the yearly tax for a second dog?',
    'Does a blind person have to pay for his companion animal?',
  ],
  [
    'bridge',
    'The swing bridge opens for masts at ten to each full hour, not between four and six. A vessel asks by three long blasts or on channel nine. Lorries over eighteen tonnes take the ford road, since the north pier was weakened by the flood of 1996.',
    'On which channel does a vessel ask for the bridge to open?',
    'Is there a weight limit for heavy trucks crossing the river?',
  ],
  [
    'clinic',
    'The night clinic on Rope Street treats without appointment from seven in the evening. Bring the blue card; without it the visit costs thirty-five pounds, which the fund pays back later. Burns, broken bones and bites of animals go first.',
    'Where is the night clinic?',
    'What do I pay a doctor if I forgot my insurance papers?',
  ],
  [
    'choir',
    'The harbour choir sings on Tuesday at half past seven in the net loft. Basses are wanted, and nobody is asked to read notes. Twice a year it gives a concert for the lifeboat; the next is on the ninth of June in Saint Brannoc.',
    'Where does the harbour choir sing on Tuesday?',
    'I have a deep voice, which musical group would take me?',
  ],
  [
    'fishing',
    'A licence for rod and line costs eight pounds a season and is sold at the tackle shop. Trout under twenty-five centimetres are set free. The upper pool is closed from November to March, while salmon spawn. Nets are forbidden everywhere.',
    'What does a licence for rod and line cost?',
    'Which size of catch has to go back into the stream?',
  ],
  [
    'fire',
    'When the horn sounds three times, members of the brigade drop their work and go to the station on Mill Lane. Others leave the streets free and close their windows. Chimneys are swept in September; the sweep looks at smoke alarms too.',
    'Where is the station of the brigade?',
    'Who checks the detectors on my ceiling?',
  ],
  [
    'allotment',
    'An allotment measures two hundred square metres and costs forty pounds a year. At least a third is planted with vegetables. Huts may be twelve square metres large and have no chimney. Whoever lets the ground go wild for a summer loses it.',
    'How large may huts on an allotment be?',
    'What happens if I neglect my little garden for months?',
  ],
  [
    'bus',
    'Line 4 runs every twelve minutes from the station by the hospital to Gull Point, line 9 once an hour to the villages. The day ticket costs four pounds and holds for two adults from nine on. Prams enter by the middle door.',
    'How often does line 4 run?',
    'Is there a cheap fare for a couple travelling all day?',
  ],
  [
    'lost',
    'What is found in streets and buses is kept for six months in the cellar of the town hall. Describe the thing and the place in writing; keys are never handed out by telephone. Bicycles that nobody wants are sold by auction in April.',
    'How long are found things kept in the town hall?',
    'Somebody picked up my umbrella, where could it be?',
  ],
  [
    'power',
    'The grid is switched to the tidal mill between midnight and five, and current then costs half. Whoever feeds from a roof gets seven pence a unit. At a failure call 118; the crew asks for the number on the grey box in your lane.',
    'What is paid for a unit that is fed from a roof?',
    'When is electricity cheapest for washing clothes?',
  ],
  [
    'museum',
    'The museum of knots shows six hundred of them, among them the net of the drowned, made of one line of nine kilometres. On the first Friday of a month admission is free. Photographs are welcome, flashes are not: old hemp bleaches.',
    'How many knots does the museum show?',
    'May I take pictures with a bright light in the exhibition?',
  ],
  [
    'wedding',
    'Couples announce their marriage six weeks ahead and bring certificates of birth. The hall of mirrors holds forty guests, the chapel on the rock a dozen. Rice is not thrown, because of the pigeons; petals of roses may be.',
    'How many guests does the hall of mirrors hold?',
    'How early must we tell the office that we want to become husband and wife?',
  ],
  [
    'storm',
    'At level two boats are doubled to their moorings and awnings come down. At level three the sea wall is closed, schools send children home, and the siren rises and falls for a minute. The all-clear is one steady tone.',
    'At which level is the sea wall closed?',
    'What does it mean when the alarm keeps the same pitch?',
  ],
]

export const sampleSet: RetrievalSet = {
  name: 'handbook',
  documents: pages.map(([name, text]) => ({ path: `${name}.txt`, text })),
  questions: pages.flatMap(([name, , withWords, otherwise]) => [
    { id: `${name}-words`, question: withWords, relevant: [`${name}.txt`] },
    { id: `${name}-otherwise`, question: otherwise, relevant: [`${name}.txt`] },
  ]),
}
