/** Sentences as news have them, with their topic, written for this measurement. */
import type { ClassificationSet } from './classification.ts'

const sport = `The striker scored twice in the last ten minutes of the final.
After five sets the champion had to give up with a sore knee.
The relay team ran a national record in Oslo.
The coach left the captain on the bench for the derby.
She jumped two metres and won gold.
The goalkeeper saved three penalties in a row.
Rain stopped the race after forty laps.
The club signed a young defender from Ghent.
In the third round he knocked out his opponent.
The cyclists climb two passes on the last stage.
The home side lost by twelve points and fell to fifth place.
The swimmers train twice a day for the championships.
The referee showed a red card before half-time.
The skiers complained about soft snow on the slope.
A hat-trick decided the match in the second half.
The league will start a week later this season.
The rowers finished half a length ahead of Italy.
Fans queued all night for tickets to the cup.
He missed the marathon because of an injured ankle.
The gymnast fell from the beam but finished her routine.
The batsman was out for ninety-nine.`

const politics = `Parliament passed the budget with a majority of three votes.
The minister resigned after the report on the secret meetings.
Voters will choose a new mayor in September.
The opposition calls for an earlier election.
The president refused to sign the law on data.
Both parties agreed on a coalition after weeks of talks.
The senate debated the treaty until midnight.
Ambassadors of nine countries met to discuss sanctions.
The prime minister promised to lower the voting age.
A referendum on the constitution was called off.
The committee questioned the chancellor for six hours.
The governor vetoed the bill on schools.
Thousands marched to the ministry against the reform.
The candidate withdrew from the campaign on Friday.
The council of the town voted against the new bypass.
Diplomats hope for a ceasefire before the summit.
The government lost a vote of confidence.
The court ruled that the ban on the party was unlawful.
Deputies want a limit on donations to parties.
The king opened the new session of parliament.
The foreign secretary cancelled her visit to the capital.`

const science = `The telescope found water vapour in the air of a distant planet.
Researchers taught bees to tell two paintings apart.
The fossil shows that the reptile had feathers.
A new vaccine protected nine of ten mice in the trial.
Physicists cooled the atoms to almost absolute zero.
The probe will reach the moon of Jupiter in eight years.
The study links the gene to the length of sleep.
Chemists made a plastic that bacteria can digest.
The glacier has lost a third of its ice, measurements show.
Biologists counted more whales than ever in the bay.
The experiment confirmed the predicted mass of the particle.
Ants find the shortest path by their scent, the authors write.
The crystal turns heat into electricity at room temperature.
Astronomers heard a signal that repeats every sixteen days.
The laboratory grew a tiny liver out of stem cells.
The volcano sent ash forty kilometres high into the stratosphere.
A mathematician proved the conjecture about prime numbers.
The enzyme cuts the molecule at two places.
Dust from the comet contains amino acids.
The octopus uses shells as tools, a biologist observed.
The neurons fire in step while the animal dreams.`

const business = `The bank cut its interest rate by a quarter of a point.
Shares of the airline fell by nine percent after the profit warning.
The carmaker will close two plants and sell a third.
Inflation rose to four percent in May.
The start-up raised twenty million from investors.
Exports to Asia grew for the third quarter in a row.
The two breweries agreed on a merger.
The retailer filed for bankruptcy after a weak Christmas.
Oil prices climbed to the highest level since spring.
The chief executive will receive a smaller bonus this year.
The company pays a dividend of two crowns a share.
Unions demand higher wages from the steel firm.
The startup's revenue doubled, but it still makes a loss.
Analysts expect the market for chips to shrink.
The insurer bought a rival for three billion.
The currency lost value against the dollar.
Rents for offices in the centre have dropped by a tenth.
The supermarket chain opens forty new branches.
Orders for machine tools went down in the autumn.
The fund sold its stake in the mining group.
The factory hires two hundred workers for the night shift.`

const food = `Fry the onions in butter until they are golden.
Let the dough rise for an hour under a cloth.
The stew needs bay leaves, carrots and a glass of red wine.
Whisk the eggs with sugar until the mixture is pale.
The chef serves trout with almonds and lemon.
Roast the pumpkin in the oven with thyme and olive oil.
A pinch of salt makes the chocolate taste richer.
Drain the pasta and keep a cup of its water for the sauce.
The cheese ripens for nine months in a cellar.
Marinate the chicken in yoghurt and garlic overnight.
The baker adds rye and caraway to the loaf.
Simmer the lentils with cumin until they are soft.
Peel the apples and cut them into thin slices for the tart.
The curry is served with rice and mango chutney.
Grill the mackerel for four minutes on each side.
Fold the whipped cream into the melted chocolate.
The soup is thickened with potatoes and a little cream.
Knead the butter into the flour before adding the milk.
Pickle the cucumbers in vinegar with dill and mustard seeds.
The restaurant is known for its dumplings and its roast duck.
Boil the jam until a drop of it sets on a cold plate.`

export const topicSet = topicSetOf('topic', { sport, politics, science, business, food })

/** Texts by topic, one a line. */
export function topicSetOf(name: string, texts: Readonly<Record<string, string>>): ClassificationSet {
  const items = Object.entries(texts).flatMap(([label, lines]) => lines.split('\n').map((text) => ({ text, label })))
  return { name, question: 'Topic of the text', labels: Object.keys(texts), items }
}
