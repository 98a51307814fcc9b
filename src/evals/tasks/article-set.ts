/**
 * Twelve texts of as many kinds for summaries, written by hand before any summary of them had been seen: reports, minutes, letters,
 * instructions, reviews. Numbers and names also stand in what a summary can do without, and not every text begins with what it is about.
 * Every second text is held out.
 */
import type { SummaryItem } from './summary-set.ts'

/** A heading; a sentence a line, of facts with the words that prove them behind `=>`, one of which is enough; an empty line parts paragraphs. */
const written = `
# minutes
The meeting began at 18:05 in the reading room, with 14 members present and coffee from the flask of Mrs Lund.
The chair thanked Peter Oss for mending the projector.
The minutes of the meeting of 3 May were approved with one correction to a name.

The treasurer reported that the club has lost a third of its members since the fees were raised. => third of its members / third of the members / lost a third
There was a long discussion, in which several people recalled how things had been when the club met in the school.
Anna Fried said that young people do not read notices on boards any more.
After a vote of nine to five, the yearly fee was lowered from 60 to 40 euros. => 40 euros / €40 / to 40
To make up for the loss, the summer party will not be held this year. => summer party
Mr Dahl regretted this, since his band had already rehearsed 12 songs.

The landlord has written that the reading room must be left by the end of September. => september
Two places have been looked at, one of them above a garage that smelled of paint.
The board was asked to sign a lease with the parish, whose hall is free on Tuesdays. => parish
Ms Fried will bring cake to the next meeting.
The meeting closed at 20:40.
# study
People who sleep badly often say that they lie awake because of noise, and for years sleep doctors have told them to use earplugs.
Now a group of researchers in Utrecht has looked at what really wakes people up. => utrecht / wakes people / wake people
They placed microphones and thermometers in 212 bedrooms and recorded more than 3,000 nights. => 212 / 3,000 / 3000
It took two students eleven weeks to listen to everything that the machines had kept.
One of them now knows the sounds of 40 kinds of heating, she says.
The result was a surprise even to the authors: warmth woke the sleepers four times as often as noise did. => warmth / heat / four times / warm
Above 21 degrees, nights became restless, whatever could be heard from the street. => 21 degrees

Earplugs made no difference at all. => earplugs made no / earplugs did not / earplugs make no / earplugs had no
The leader of the group, Marit de Vries, sleeps with open windows herself and always has.
Her grandmother had told her so 30 years ago, she adds.
The study did not look at shift workers, and it says nothing about small children. => shift workers / children
It will appear in a journal in the spring.
# software
Dear customers, we hope that you had a good start into the week.
As some of you will remember, we moved to the new building on Harbour Street in March, and our team has grown to 35 people since then.
We write to you today because something went wrong on our side.
On the night of 11 June, a disk in our data centre failed while its copy was being replaced. => disk / data centre / data center
Because of this, messages that were sent between 01:10 and 03:45 have been lost and cannot be restored. => messages / 03:45
We know how annoying this is, and many of you have told us so in clear words.
Passwords and payment details were not affected. => passwords / payment
The engineers worked for 16 hours without a break, and Tomas even missed the birthday of his son.

If you sent something important that night, please send it again. => send it again / again / resend
As an apology, nobody will be charged for the month of June. => charged / free / june will / apology
From now on, three copies of all data are kept in two cities.
Our support is there for you every day from 8 to 20.
With kind regards, your team at Postbote.
# bread
There are as many ways to bake bread as there are grandmothers, and mine owned 7 cookery books without ever opening one.
This loaf needs no kneading, because time does the work. => no kneading / without kneading
Mix 500 grams of flour, 400 grams of water, 10 grams of salt and a pinch of yeast in a bowl. => 500 grams / 400 grams / yeast
Which spoon you use does not matter at all.
Cover the bowl and leave it for 18 hours at room temperature. => 18 hours
Do not worry if it looks like a swamp at this stage; everybody thinks at first that they have made a mistake.
I once showed a photograph of it to Julia Berg, who has won prizes in 4 countries, and even she was not sure.

Heat a heavy pot with its lid in the oven to 240 degrees before the dough goes in. => 240 degrees / heavy pot
Bake it covered for half an hour, then without the lid until it is dark brown. => half an hour / 30 minutes
While you wait, read something or ring up a friend.
The smell will bring the neighbours to your door.
Let it cool before you cut it, which is the hardest part of the whole recipe.
# review
When the lights went down at the Palace on Friday, 300 people fell silent, and somebody in row 6 finished a bag of crisps.
The last film of Ines Marlow had been laughed at in Venice, and few expected much of her new one.
The Salt Road tells of two sisters who smuggle medicine across a frozen lake during a war. => sisters / medicine / smuggle
For a story of that kind it is unusually quiet.
Hardly a shot is fired, and the enemy is never seen. => never seen / hardly a shot
The dog of the family steals two scenes.
What carries the film is Olga Petrenko as the elder sister, who says almost nothing and leaves no doubt about what she thinks. => petrenko

Not everything succeeds: the last half hour explains what had long been understood. => last half hour / explains
The music, by the composer who also wrote the tune of a well-known advertisement for 2 kinds of tea, is pleasant.
Marlow was not at the showing, since she is already filming in Peru.
Still, it is the best film about that war that I have seen. => best film
It is on at the Palace until the end of the month.
# otters
In the town archive of Pell there is a drawing from 1871 that shows children feeding an animal on the quay.
For a long time it was believed to be a dog with a strange tail.
Otters are back in the river Sarn after more than sixty years. => otters
A camera near the old tannery filmed a female with two cubs in February. => tannery / cubs / camera / february
The recording lasts 48 seconds and has been watched 90,000 times since.
The fishermen of the association, which was founded in 1923, are less happy about it than the teachers.
That the animals could return is owed to the paper mill, which stopped letting its waste into the river ten years ago. => paper mill
Fish came back first, then the kingfishers, and now those that eat fish.

The biologist Kemal Aydin asks walkers to keep their dogs on a lead along the bank until July. => lead / dogs / july
His own dog, a beagle named Six, has to obey too.
Anglers who lose fish in their ponds can have the damage paid by the county. => damage / county / anglers / ponds
Souvenir cups are to be had at the tourist office for 9 euros.
# lease
Dear Mr Novotny, thank you for your call on Monday, and please excuse that I was in the car at the time.
I have thought about what you said about the years that you have spent in the house, and I understand it well.
My own parents lived in the same flat for 41 years, and my father knew each of its 63 steps by its sound.
Even so I have to tell you that the rent will go up by 85 euros a month from 1 October. => 85 euros
The reason is the new heating, which cost far more than the firm had said. => heating
It was not easy to find a firm at all; the first one had gone out of business in April and the second never called back.

In return you may use the cellar next to the laundry, which has been empty since Mrs Kral moved out. => cellar
The windows on the north side will be replaced in the course of the summer, and for that somebody has to be at home on two mornings. => windows
Herr Blum from number 12 is glad to lend you a ladder if you want to take down the curtains.
If you do not agree, please write to me before the end of August. => august / agree
My sister sends her regards, and so does the cat.
# battery
Almost everybody has a drawer with old telephones in it, and according to one survey the average drawer holds 2.7 of them.
In Norrland such telephones are now being made into something else.
The firm Relit takes the batteries out and builds stores for solar power from them. => solar / batteries
The idea came to its founder, Lena Borg, on a train that had stopped in the snow for 5 hours.
She had studied music until then.
A store made of 900 telephones supplies a family for two days. => 900
It costs about half as much as a new one of the same size. => half as much / half the price / half as expensive
The cases are painted in 3 colours, of which green sells best.

Fire brigades were doubtful, because old cells can catch fire. => fire
For that reason each cell is tested for a week and has a fuse of its own.
In the workshop, 22 people sit at long tables, and a radio plays all day.
Next year the firm wants to open a second workshop in Estonia, where telephones are collected at schools. => estonia
Ms Borg still plays the viola on Sundays.
# hike
The guidebook by Hanne Roth gives four stars to the way around Lake Orm, and the one by her rival Paul Stein gives it two.
Both have sold more than 20,000 copies.
The path is 19 kilometres long and takes about six hours without breaks. => 19 kilometres / six hours / 19 km
Signs with a blue heron show the way.
At the start there is a kiosk whose owner has kept count of hikers since 1998 on the wall.
Since the storm in November the bridge over the Fell Brook is missing, so that boots have to be taken off. => bridge / storm
In spring, when the snow melts, nobody should try to cross there. => spring / snow
The view from the Pulpit has been on 3 stamps.

Water has to be carried, because the only inn on the way has closed for good. => water / inn
Dogs like the beach at the northern end, and so do geese.
Those who get tired can take the ferry back from Sund, which goes at 14:00 and at 17:00. => ferry
It is worth bringing a towel.
# shift
For everybody on the night shift in hall 2: please read this before Monday.
It has been a good year so far, and the visitors from Osaka were full of praise for the order at line 4.
Press number 7 stays switched off until its guard has been repaired. => press / guard
On Wednesday a colleague got a glove caught in it; he was lucky and is well. => glove / colleague
Some of you have said that the guard had been loose since Easter, and somebody had written so in the book on page 112.
From now on, whoever finds a guard loose stops the machine at once and calls the foreman, whatever the plan says. => stops the machine / stop the machine / foreman
The plan for the week has been lowered by a fifth, so nobody has to hurry. => a fifth / lowered
The canteen will have fish on Friday, and Rosa is back from her holiday with 600 pictures.

On Monday at 21:30 there is half an hour of training at the press, which is paid. => training
The lamps in the car park will be mended by the 15th.
Lost property, among it 3 single shoes, can be fetched from the porter.
# tea
On the shelf of the café in Mill Lane stand 58 tins, and the labels have been written by hand by Agnes Tull since 1984.
Regular guests swear that they can tell the mood of the owner from the pot that she brings.
Tea has become expensive, and it is likely to become more expensive still. => expensive
In the two countries that grow most of it, there has been hardly any rain since last autumn. => rain / drought
The harvest was smaller by a quarter than the year before. => quarter
In one auction in Mombasa a single chest went for the price of a small car, while a parrot in the hall called out 4 times.
Ships also have to take the long way around Africa, which adds two weeks. => africa / two weeks
Agnes Tull has met 2 captains who told her about it.

Large sellers have stores for half a year and want to keep their prices until Christmas. => christmas / half a year
Her customers have asked for smaller cups.
The oldest of them, who is 93, drinks coffee.
# telescope
In the village of Cerro Alto there are 80 houses, one shop and no street lamp.
Visitors are asked to drive the last 6 kilometres with their lights low.
On the mountain above, a telescope with a mirror of 12 metres was taken into use last night. => 12 metres / mirror / taken into use
The president came by helicopter and stayed for 50 minutes.
It will look for planets on which there could be water. => planets / water
Nine countries have shared the cost, after a tenth had left in a quarrel about the roof. => nine countries
Brother Anselm, who has measured the wind there for 27 years, was given a medal.
Its first picture, of a pair of stars, was spoiled by a moth that sat on the lens of the camera.

Every third night is kept for schools, which can send in their wishes by post. => schools / third night
The villagers were afraid of the traffic at first, and now sell pancakes.
A goat by the name of Doctor wears the visitors' badge number 1.
Until the spring only half of the time can be used, because the cooling has a leak. => cooling / leak / half of the time
`

export const articleItems: readonly SummaryItem[] = written
  .split('\n# ')
  .slice(1)
  .map((entry, index) => readArticle(entry, index % 2 === 0 ? 'development' : 'held-out'))

function readArticle(entry: string, half: SummaryItem['half']): SummaryItem {
  const [name, ...lines] = entry.trim().split('\n')
  const parts = lines.map((line) => line.split(' => '))
  const facts = parts.flatMap(([, proofs]) => (proofs === undefined ? [] : [proofs.split(' / ')]))
  const paragraphs = parts
    .map(([sentence]) => sentence)
    .join('\n')
    .split('\n\n')
  const text = paragraphs.map((paragraph) => paragraph.replaceAll('\n', ' ')).join('\n\n')
  return { id: name, half, text, facts }
}
