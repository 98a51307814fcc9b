/** Texts with their mood, written after the wording of `classify` was chosen: longer, with understatement, negation and concessions. */
import type { ClassificationSet } from './classification.ts'

const positive = `I had low expectations, and I have rarely been so glad to be wrong.
The ferry was late, yes, but the crew handed out tea and blankets and had everybody laughing before we even left the pier.
Not a single complaint from me or from the kids.
You will not find a better dentist in this part of the country; I did not feel a thing.
Dear Marta, your letter arrived this morning and I have read it four times already, smiling like a fool.
Honestly? This little app has sorted out my whole household budget.
The lamb melted on the tongue, the wine list was short but clever, and the bill was smaller than we had feared.
My new colleagues took me out to lunch on my first day and I already feel at home.
It is not cheap, but after three winters these boots look as good as new and my feet have never been cold.
Could not be happier with the way the kitchen turned out.
I went in for a passport photo and came out with the best portrait anyone has ever taken of me.
The second season is even sharper than the first, and I was hooked by the end of the opening scene.
There was nothing the receptionist would not do for us, from finding a cot at midnight to drawing us a map.
Well, that was a pleasant surprise: the refund was on my account within the hour.
Our boiler gave up on Christmas Eve and Joan came out at nine in the evening to fix it, bless her.
The hike was steep and my legs still hurt, yet I would do it all over again for that view.
This pen glides over even the cheapest paper.
After years of back pain I finally sleep through the night, thanks to this mattress.
My manager said my report was the clearest she had read all year, and I walked home on air.
The cinema is tiny and the seats creak, but the film was a marvel and the audience clapped until the lights came on.
Whoever designed this backpack clearly travels a lot, because every pocket is exactly where you want it.
We laughed, we cried, we bought the soundtrack on the way out.
I have tried a dozen language apps, and this is the only one that I look forward to opening.
The plumber turned up when he said he would, cleaned up after himself, and charged less than the estimate.
Not bad at all for a village pub; in fact, the best fish pie I have eaten in ages.
She never once made me feel stupid for asking, and now I can read a balance sheet.
The night train was spotless, the bed was soft, and I woke up to mountains in the window.
To everyone in ward six: thank you for treating my father with such patience and good humour.
Five stars, and I would give six if I could.
The puppy has turned our lives upside down and we adore him.
I was told that the camera would be complicated, but it took me ten minutes to learn and the pictures are gorgeous.
A quiet, tender novel that I pressed into the hands of my sister the moment I had finished it.
The workshop was worth every minute of the long drive, and although it rained for two days and the projector broke, I came home with a notebook of ideas and three new friends whom I cannot wait to see again.
They lost my booking, apologised, and then gave us the best table in the house and a round of drinks; we are definitely coming back.`

const negative = `I have had better meals on aeroplanes.
The brochure promised a sea view, and technically you could see it if you leaned out of the bathroom window and held on to the pipe.
Not what anyone would call a relaxing holiday, what with the drilling from seven every morning.
Three emails, two phone calls, and still no sign of my money.
The trailer was the only good thing about this film, and I want those two hours of my life back.
I wanted to love this coat, but the zip jams, the lining tears, and the colour comes off on my shirts.
Our landlord has ignored the damp for a year and now my daughter is coughing every night.
The update moved every button, deleted my lists, and for some reason plays a sound whenever I scroll.
Sadly the pie was cold in the middle and nobody seemed to care when I pointed it out.
The lobby is pretty, I will give them that, but the beds are hard, the walls are thin, and I found hair in the shower.
Working there drained me, and I have not met anyone who stayed longer than six months.
Do not bother, there is nothing here.
I am writing to complain about the behaviour of your driver, who swore at my mother and drove off before she had sat down.
This was supposed to be a treat for my birthday and I ended up crying in the car park.
The blender leaks, smells of burning rubber, and is so loud that the cat has moved out.
It would have been nice if somebody had told us that the pool was closed before we paid for it.
The lecturer mumbled, skipped half of his slides, and could not answer a single question.
I would not give this phone to my worst enemy.
The first chapters were promising, but then it drags on and on and ends in the most ridiculous way possible.
Customer support kept me on hold for fifty minutes and then hung up on me.
We have been customers for twenty years and have never been treated with so little respect.
The sofa looked fine in the shop, yet within a month the cushions had sagged and one leg had come off.
My salad came with a slug in it.
The guide spent more time on his phone than with us, and we missed the castle altogether.
So much for waterproof: one drizzle and my passport was soaked.
I miss the old version, because this one crashes, eats my battery, bombards me with advertisements, and then, when I gave up and tried to delete my account, sent me round in circles for the better part of an hour.
The hairdresser did not listen to a word I said and I have been wearing a hat ever since.
Nothing worked: not the lift, not the wifi, not the hot water.
Dear neighbours, the bins have been overflowing for two weeks, the stairs stink, and I am thoroughly fed up.
They call it a luxury cruise, but we queued for everything and half of the passengers were ill by Wednesday.
My promotion went to the boss's nephew, and I have never felt so humiliated.
The tutor was friendly enough, but my son learned nothing and failed the exam anyway.
The tickets cost a fortune and we sat behind a pillar, unable to see the stage at all.
I cannot think of one reason to go back to that garage, where they scratched the door and then denied it.`

const neutral = `The museum is closed on Mondays and on public holidays.
Please find attached the minutes of the meeting on 12 March.
The cable is two metres long and has a plug at each end.
I am writing to let you know that my address will change on the first of June.
The film runs for ninety-four minutes and was shot in Lisbon and Porto in the spring of last year.
Tap the icon in the upper corner, choose the folder, and confirm with the green button.
The bus stops at the library, the hospital, and the swimming pool before it reaches the terminus.
Breakfast is served from half past six to ten on the ground floor.
The novel has twenty-two chapters, of which the first eight are set in Cairo.
Each package holds twelve envelopes in two sizes.
My sister works in the accounts department and my brother teaches geography at a school in the next town.
According to the timetable, the next ferry to the island leaves at quarter past four.
Applications are accepted until the end of the month and must include a copy of your certificate.
The jacket is available in black, grey, and dark green, in sizes from small to extra large.
He took the lift to the fourth floor, handed in the form, and walked back to the tram.
The recipe is for four people and takes about forty minutes.
Version 3.2 changes the name of the menu from Tools to Options.
The office has moved from Mill Lane to the second floor of the building opposite the town hall.
Guests are asked to leave their keys at the desk before eleven.
The course consists of ten lessons of ninety minutes each, on Tuesdays and Thursdays.
The table measures 120 by 80 centimetres and weighs eighteen kilograms.
The call lasted four minutes and was transferred to another department.
This letter confirms that we received your documents on Friday.
The restaurant has sixty seats indoors and twenty on the pavement.
You can pay by card, by bank transfer, or in cash at the counter.
The company was founded in 1974 and makes parts for bicycles.
We drove to the lake on Saturday and came back on Sunday afternoon.
The screen has a diagonal of fifteen inches and the keyboard comes in four layouts.
The warranty covers a period of two years from the date of purchase.
The road between the two villages follows the river for eleven kilometres and then turns north.
She bought a litre of milk, a loaf of bread, and a newspaper.
The second act takes place in a railway station, ten years after the first.
If you change the time zone, the calendar shows all appointments in local time.
The workshop is in room 204, which is on the second floor at the end of the corridor on the left, and participants who arrive by car can use the entrance on Station Road, opposite the post office.`

const itemsOf = (label: string, texts: string) => texts.split('\n').map((text) => ({ text, label }))

export const sentimentHeldOut: ClassificationSet = {
  name: 'sentiment-held-out',
  question: 'Mood of the text',
  labels: ['positive', 'negative', 'neutral'],
  items: [...itemsOf('positive', positive), ...itemsOf('negative', negative), ...itemsOf('neutral', neutral)],
}
