/**
 * Short texts, and sentences that a summary of them might say: half of them the text supports, in words of its own or joined from two
 * places, half it does not: another number, name, direction or reason, or what it never says. Written before any check had seen them;
 * every second text is held out.
 */
export interface SupportText {
  readonly half: 'development' | 'held-out'
  readonly text: string
  readonly supported: readonly string[]
  readonly unsupported: readonly string[]
}

const texts: readonly Omit<SupportText, 'half'>[] = [
  {
    text: "The Alder Street swimming pool reopened on Saturday after eleven months of repairs. Workers replaced the cracked floor of the large basin and the pumps, which dated from 1978. The city paid 2.4 million euros; a lottery gave another 300,000. Swimmers praise the warmer water, but complain about the new entrance fee of six euros. The children's pool stays closed until spring because a part from Italy has not arrived.",
    supported: [
      'The swimming pool on Alder Street is open again after repairs that took eleven months.',
      'Pumps from 1978 and the broken floor of the big basin were renewed.',
      'Visitors like that the water is warmer, yet they find fault with the price of admission.',
      "Because a part is missing, the children's pool will not open before spring.",
    ],
    unsupported: [
      'The city paid 300,000 euros for the repairs.',
      'Swimmers complain that the water is now too warm.',
      'The large basin stays closed until spring.',
      'The architect of the pool won a prize for the new entrance.',
    ],
  },
  {
    text: 'Maria Lund took over the bakery from her father in 2009. She sells only bread with sourdough that rests for two days. Every morning at four she lights the oven with beech wood from the forest behind the village. Tourists come from far away, and she has twice refused to sell to a chain. Her son studies chemistry and helps in the summer. Whether he will succeed her is not decided.',
    supported: [
      'Maria Lund has run the bakery since 2009, when she followed her father.',
      'Her bread is made from sourdough that is left alone for two days.',
      'She turned down a chain that wanted to buy the business, and did so twice.',
      'It is open whether her son, a student of chemistry, will take over one day.',
    ],
    unsupported: [
      'Maria Lund founded the bakery together with her father.',
      'Her son lights the oven every morning at four.',
      'She sold the bakery to a chain in 2009.',
      'The bread costs more than in other bakeries of the region.',
    ],
  },
  {
    text: 'The railway will run two more night trains between Basel and Hamburg from December on. Each has four sleeping cars and one car for bicycles. Tickets cost between 59 and 189 francs. The company says that demand has doubled within three years. Critics note that the trains are late on every third trip, mostly because of building sites in Germany. A dining car is not planned.',
    supported: [
      'From December two additional night trains will connect Basel and Hamburg.',
      'Demand has become twice as large in three years, according to the company.',
      'Critics point out that one trip in three is delayed, usually by construction in Germany.',
      'Passengers can take their bicycles along, but there will be no dining car.',
    ],
    unsupported: [
      'Tickets cost at least 189 francs.',
      'The night trains will have a dining car from December on.',
      'Demand has halved within three years.',
      'The trains are late because staff is missing in Switzerland.',
    ],
  },
  {
    text: 'Researchers in Tromsø have watched how reindeer sleep. They found that the animals rest while they chew the cud: their brain waves then look like those of deep sleep. The more a reindeer chewed, the less it slept afterwards. In summer they must eat nearly all day to grow fat for the winter, so this saves time. The study observed four females in a stable and was published in a journal for biology.',
    supported: [
      'While chewing the cud, reindeer have brain waves similar to deep sleep.',
      'Animals that chewed longer needed less sleep afterwards.',
      'Combining rest and chewing saves time in summer, when they have to feed almost without pause.',
      'Four female reindeer were observed for the study.',
    ],
    unsupported: [
      'Reindeer do not sleep at all in winter.',
      'The more a reindeer chewed, the more it slept afterwards.',
      'The study observed four hundred wild animals.',
      'Cows have been shown to rest in the same way.',
    ],
  },
  {
    text: 'Orin Systems made a loss of 14 million dollars in the third quarter, after a profit of 3 million a year before. Revenue fell by 9 percent to 210 million. The chief executive, Dana Weiss, blamed the strike at the plant in Ohio, which lasted seven weeks. No jobs will be cut this year. A new battery for trucks is to be sold from next summer on, and two customers have signed for it.',
    supported: [
      'Orin Systems lost 14 million dollars in the third quarter.',
      'Sales went down by 9 percent and came to 210 million.',
      'Dana Weiss, who leads the company, says that a strike of seven weeks in Ohio was to blame.',
      'The company does not plan to lay off anybody this year.',
    ],
    unsupported: [
      'Orin Systems made a profit of 14 million dollars in the third quarter.',
      'Revenue rose by 9 percent to 210 million.',
      'The new battery is sold already and has two customers.',
      'Dana Weiss will leave the company next summer.',
    ],
  },
  {
    text: 'If your dog has eaten chocolate, stay calm. How dangerous it is depends on the weight of the dog and on the sort: dark chocolate holds about four times as much theobromine as milk chocolate. Signs such as restlessness, vomiting and a fast pulse appear after two to twelve hours. Call a vet and say how much it was and when. Do not make the animal vomit by salt water, which can poison it as well.',
    supported: [
      'The danger depends on how heavy the dog is and which kind of chocolate it ate.',
      'Dark chocolate contains roughly four times the theobromine of milk chocolate.',
      'Symptoms like vomiting or a racing pulse show up within two to twelve hours.',
      'Salt water should not be used to make the dog throw up, because it is poisonous too.',
    ],
    unsupported: [
      'Milk chocolate is more dangerous for dogs than dark chocolate.',
      'Give the dog salt water so that it vomits.',
      'Signs of poisoning appear after two to twelve days.',
      'Cats are not harmed by chocolate.',
    ],
  },
  {
    text: "Henrik Dahl was born in Bergen in 1871 as the son of a ship's carpenter. He drew from childhood on, but his father wanted him to learn a trade. At nineteen he went to Copenhagen, where he lived in poverty and met the painter Ida Holm, whom he married in 1896. Critics laughed at his first exhibition. Only after the First World War did museums buy his seascapes. He died in 1934, blind in one eye.",
    supported: [
      'Henrik Dahl was born in Bergen in 1871; his father built ships of wood.',
      'In Copenhagen he was poor and got to know Ida Holm, a painter, who became his wife.',
      'His first exhibition was mocked by critics.',
      'Museums did not buy his pictures of the sea until the First World War was over.',
    ],
    unsupported: [
      'His father encouraged him to become a painter.',
      'Henrik Dahl married Ida Holm in Bergen in 1871.',
      'Critics praised his first exhibition.',
      'He died in 1934 in the house of his daughter.',
    ],
  },
  {
    text: 'The council voted on Monday to ban cars from the old town from April on. Twelve members were for it, nine against. Residents may still drive to their doors between six and ten in the morning, and deliveries are allowed until noon. Shopkeepers fear that customers will stay away. In the neighbouring town of Ravel, where cars were banned in 2018, sales fell at first and then rose above what they had been.',
    supported: [
      'Cars will be banned from the old town starting in April, the council has decided.',
      'The vote was twelve to nine.',
      'People who live there can reach their homes by car from six to ten in the morning.',
      'Ravel banned cars in 2018, and after a decline its shops sold more than before.',
    ],
    unsupported: [
      'Nine members voted for the ban and twelve against it.',
      'Deliveries are allowed only in the afternoon.',
      'Shopkeepers welcome the ban because more customers will come.',
      'In Ravel the ban was lifted after sales had fallen.',
    ],
  },
  {
    text: 'Our team moved the shop to the new database in March. The first attempt failed: a script renamed a column that reports still read, and we went back after forty minutes. For the second we copied the data for two weeks in the background and compared both sides every night. The switch itself took six minutes, at three in the morning. Queries are now a third faster. We would do the nightly comparison again; we would not do it without a second person on call.',
    supported: [
      'The first try was rolled back after forty minutes because reports still used a column that a script had renamed.',
      'Before the second attempt, data was copied in the background for two weeks and checked each night.',
      'Switching over took only six minutes.',
      'Queries run a third faster than before.',
    ],
    unsupported: [
      'The second attempt failed as well.',
      'The switch took forty minutes.',
      'Queries are three times as slow as before.',
      'The team will leave the new database next year.',
    ],
  },
  {
    text: 'Heat pumps take warmth from the air outside even when it freezes. For one unit of current they deliver about three units of heat, less on very cold days. They suit houses with large radiators or floor heating; old houses should be insulated first. The outdoor unit hums at about 50 decibels. In our street seven of twenty houses have one by now, and nobody has gone back to gas.',
    supported: [
      'Even below zero a heat pump can draw warmth from outdoor air.',
      'One unit of electricity yields around three units of heat, though not when it is very cold.',
      'Older buildings ought to be insulated before one is installed.',
      'Seven of the twenty houses in the street have a heat pump.',
    ],
    unsupported: [
      'Heat pumps stop working when it freezes.',
      'They deliver more heat on very cold days.',
      'Seven houses in the street have gone back to gas.',
      'The state pays half of the price of a heat pump.',
    ],
  },
  {
    text: 'The lighthouse keeper of Faro Island counts birds for the university. In the spring of this year she noted 18,400 puffins, 2,000 fewer than last year. She thinks that the sand eels which they feed to their young have moved north with the cold water. Gannets, by contrast, have settled on the southern cliff for the first time: 31 pairs. Visitors may come from July on, by one boat a day.',
    supported: [
      'Fewer puffins were counted this spring than a year ago: 18,400, which is 2,000 less.',
      'The keeper suspects that the fish which puffins feed their chicks have followed the cold water to the north.',
      'For the first time gannets nest on the cliff in the south, 31 pairs of them.',
      'From July a boat brings visitors once a day.',
    ],
    unsupported: [
      'The number of puffins has grown by 2,000 since last year.',
      'The gannets have driven the puffins away.',
      'Puffins have settled on the southern cliff for the first time.',
      'Visitors may come from spring on by two boats a day.',
    ],
  },
  {
    text: 'To repot an orchid, wait until it has finished blooming. Soak the roots for ten minutes so that they bend without breaking. Cut off what is brown and soft, and leave what is green or silver. Use bark, never garden soil, which suffocates the roots. The new pot should be only two centimetres wider. Do not water for a week, so that cuts can heal.',
    supported: [
      'Repotting is best done after the flowers have faded.',
      'Roots bend more easily if they are soaked for ten minutes.',
      'Brown, soft roots are removed, green and silver ones are kept.',
      'After repotting the plant gets no water for a week.',
    ],
    unsupported: [
      'Garden soil is the best ground for orchids.',
      'Cut off the green and silver roots.',
      'Water the plant every day for a week.',
      'Orchids should be repotted while they bloom.',
    ],
  },
]

export const supportTexts: readonly SupportText[] = texts.map((text, index) => ({
  half: index % 2 === 0 ? 'development' : 'held-out',
  ...text,
}))
