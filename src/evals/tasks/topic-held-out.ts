/** Texts as news and blogs have them, with their topic, written after the wording of `classify` was chosen. */
import { topicSetOf } from './topic-set.ts'

const sport = `The visitors equalised in stoppage time with a header from their substitute and took a point home.
I ran my first half marathon on Sunday, and here is what I learned about pacing, blisters and the last three kilometres.
After a poor start to the season, the hockey team has now won six games in a row.
The tennis player from Split served eighteen aces and reached the semi-final without losing a set.
Heavy snow forced the organisers to shorten the downhill course by two hundred metres.
Our under-twelves may have lost the tournament, but their passing was the best of any side on the pitch.
The sprinter was suspended for two years after a second positive doping test.
With one race to go, only four points separate the two drivers at the top of the championship.
The veteran goalkeeper will hang up his gloves in June after more than five hundred matches for the club.
Why do so many amateur climbers injure their fingers, and how should they warm up before a session on the wall?
A broken wrist keeps the point guard off the basketball court until the play-offs.
The sailors crossed the finish line in Brest after seventy-one days alone at sea, a record for the regatta.
The new stadium will hold thirty thousand spectators and opens with a friendly against the neighbouring city.
She landed the triple jump cleanly and took the lead after the short programme on the ice.
The boxer, who had been behind on all three scorecards and bleeding from a cut above the eye, knocked down his challenger in the seventh round with a left hook, kept his belt and asked for a rematch in spring.
The hosts bowled out the tourists for 142 before lunch on the third day of the Test.
The rugby captain admitted that his forwards had lost the match in the scrum.
The peloton caught the breakaway just two kilometres before the finish, and the sprint went to the rider in green.
Swimming twice a week improved my breathing more than any other training that I have tried for triathlons.
The volleyball federation will hold next year's world cup in three cities.
The manager was sacked on Monday after his side had been beaten at home by the bottom team of the table.`

const politics = `Lawmakers approved the asylum bill late on Thursday after a debate that had lasted for eleven hours.
The two leaders shook hands for the cameras, but their talks on the border ended without a joint statement.
Polls suggest that neither bloc will win enough seats to govern alone after the election on Sunday.
The interior minister faces questions in parliament about how the police dealt with the demonstration.
I have knocked on four hundred doors for my candidate this month, and here is what voters told me.
The regional assembly rejected the plan to lower the number of its deputies from ninety to sixty.
The president dissolved parliament and set a new vote for the second week of November.
A former mayor has announced that she will run for governor as an independent.
Several member states blocked the resolution, and the ambassadors will meet again next week.
The opposition leader accused the cabinet of hiding the report until after the referendum, while the government's spokeswoman replied that no minister had read it before Monday and that parliament would receive every page by the end of the week.
The green party chose a new chairwoman at its congress in Graz with sixty percent of the delegates.
Turnout was the lowest since the first free elections, particularly among voters below the age of thirty.
The upper house sent the amendment on freedom of assembly back to the committee.
Why does our constitution make it so hard to remove a head of state, and should we change it?
The junta promised to hand over power to a civilian government within eighteen months.
The envoy flew to the capital to save the peace agreement between the government and the rebels.
City councillors voted to name the square after the murdered activist, against the will of the conservatives.
The defence minister stepped down over the leaked cables, the third to leave the cabinet this year.
The court of the constitution struck down the electoral law on the ground that it favoured large parties.
The coalition nearly collapsed over the question of who should appoint the judges.
The prime minister reshuffled her cabinet and gave the foreign ministry to a rival from her own party.`

const science = `By drilling three kilometres into the ice, the team recovered air that was trapped more than a million years ago.
The rover found grains of a mineral that forms only in the presence of liquid water.
Crows can remember the face of a person who threatened them for many years, according to a new study.
The collider will be switched off for two years while engineers replace its magnets with stronger ones.
Geneticists have read the complete genome of a mammoth from a single tooth.
I spent a summer counting moths with a lamp and a sheet, and our data surprised even the entomologists.
A protein that lets tardigrades survive radiation also protected human cells in a dish.
The seismologists placed four hundred sensors on the sea floor to record the slow slip of the plates.
What exactly is dark matter, and why do astronomers believe that it makes up most of the mass of galaxies?
The researchers showed that the bacteria exchange resistance genes even when no antibiotic is present.
The satellite measures the height of the oceans to within a few centimetres.
Under the microscope, the wing of the butterfly turns out to be covered with tiny crystals that reflect blue light.
The chemists used light instead of heat to split the bond between carbon and fluorine.
Palaeontologists in Patagonia uncovered the thigh bone of a dinosaur that was longer than a bus.
The quantum computer kept its qubits stable for almost a second, ten times longer than in earlier experiments.
Bats lower the pitch of their calls in a noisy environment, recordings from two hundred caves reveal.
The theory predicts that the black hole loses mass by radiation, but so slowly that nobody can observe it.
Marine biologists followed a tagged turtle for nine thousand kilometres across the Pacific.
The trial with six hundred volunteers, half of whom received a placebo without knowing it, found no effect of the vitamin on memory, attention or sleep, even in the group that had low levels in the blood at the beginning.
A statistician explains in the journal why half of the published experiments could not be repeated.
Roots of the two tree species are linked by fungi, through which they exchange carbon, isotopes show.`

const business = `The software firm will cut eight hundred jobs after its quarterly profit fell short of forecasts.
The central bank left its key rate unchanged but hinted at an increase before the end of the year.
Investors sold shares in solar companies after the largest manufacturer had lowered its outlook.
I quit my job to open an online shop, and these are the costs that nobody warned me about.
The two telecom groups called off their merger because regulators demanded the sale of too many assets.
House prices in the capital rose for the ninth month in a row as mortgages became cheaper.
The airline has ordered forty jets and expects to break even within two years.
The founder sold her remaining stake in the payments company for ninety million euros.
Unemployment fell to five percent in March, while wages grew faster than prices.
The shipping company raised its freight rates as container traffic through the canal slowed down.
The furniture chain will close a dozen branches and move a third of its sales to the internet.
A weaker yen helped exporters last quarter, but importers are paying more for their energy.
The start-up burned through its venture capital within a year and is now looking for a buyer.
The auditors refused to sign the accounts of the property group, whose bonds lost half of their value.
How should a small company price its first product when it has neither customers nor competitors?
The pharmaceutical giant paid its shareholders a record dividend although sales had stagnated.
The dockworkers accepted a pay rise of six percent, which ended the strike that had cost retailers millions.
Gold climbed above its previous peak as traders bet on lower interest rates, while the dollar slipped against most currencies and the shares of mining companies gained more in one day than they had in all of the previous month.
The chairman of the insurance company will leave after shareholders voted against his pay.
The chipmaker builds a second factory near Dresden and plans to hire a thousand engineers.
The stock exchange suspended trading in the shares of the lender after they had dropped by forty percent.`

const food = `Toast the walnuts in a dry pan before you chop them and stir them into the salad.
My grandmother never measured the flour for her noodles, so I have spent a month working out her recipe.
The trick to crisp roast potatoes is to boil them first and shake them in the pot until the edges are rough.
The new bistro behind the opera serves a leek tart with goat's cheese and an excellent onion soup.
Leave the sourdough in the fridge overnight, then bake it in a very hot pot with the lid on.
If the caramel turns grainy, add a spoon of water and warm it slowly until the sugar has dissolved.
Fresh anchovies need nothing but lemon juice, parsley and a little good oil.
Which knife should you buy first if you cook only at weekends and mostly vegetables?
The kitchen smelled of cardamom and cinnamon while the buns were rising under a towel.
Brown the beef in small batches, otherwise it will stew in its own juice and turn grey.
The ramen comes with a soft egg, two slices of pork belly and a broth that has simmered for eighteen hours.
Stir the risotto constantly and add the stock one ladle at a time until the rice is creamy.
At the market I found the first asparagus of the year and ate it with melted butter and ham.
The pastry must stay cold, so put it back into the fridge whenever it begins to stick to the rolling pin.
The cookbook has eighty vegetarian dishes, from chickpea pancakes to aubergine stuffed with spiced rice.
Season the mussels with pepper only, because they bring enough salt of their own, and serve them straight from the pot with a bowl of aioli, a pile of grilled bread and, if you like, a glass of cold cider.
This plum cake keeps for a week in a tin and tastes best on the third day with a spoon of sour cream.
Blend the roasted peppers with garlic, almonds and vinegar for a sauce that goes with any grilled fish.
The young cook won her first star with a menu of smoked eel, beetroot and rye bread.
Soak the beans for twelve hours and cook them with a bay leaf until they are tender.
I ordered the spiciest curry on the menu and needed three glasses of lassi and a bowl of rice to finish it.`

export const topicHeldOut = topicSetOf('topic-held-out', { sport, politics, science, business, food })
