/**
 * Reviews with planted themes, made by a seeded program: eight reviews of one kind of thing, three themes said by two to five of them in
 * words of their own, and in each review a remark that nobody else makes. Every second kind is held out.
 */
import { createChooser } from './chooser.ts'
import type { SuiteItem } from './text-suite.ts'

export interface Theme {
  readonly name: string
  /** A sentence is about it where one of its words begins like one of these. */
  readonly stems: readonly string[]
}

export interface PlantedTheme extends Theme {
  /** Reviews that say it. */
  readonly texts: number
}

export interface InsightItem extends SuiteItem {
  readonly reviews: readonly string[]
  readonly planted: readonly PlantedTheme[]
}

/** A heading, `theme: stems`, its wordings; then `remarks` and theirs. */
const written = `
# hotel
cold rooms: cold freez heat chill radiator
The room was cold all night.
It was freezing in our bedroom.
The heating did not work.
We sat in our coats because the radiator was broken.
A chilly room, even with two blankets.
noise: nois loud street sleep traffic
The street outside is very noisy.
Loud traffic kept us awake.
We could not sleep because of the noise from the road.
Far too loud with the window open.
Bring earplugs, the noise from the street never stops.
friendly staff: staff friendly recep kind help
The staff were friendly from the first minute.
Everyone at reception was so kind.
We were helped at once by very friendly people.
The kind staff carried our bags.
Reception could not have been more helpful.
good breakfast: breakfast bread egg morning
Breakfast was wonderful.
The fresh bread at breakfast is worth the trip.
We loved the eggs in the morning.
A generous breakfast with everything one could want.
Never had such a good breakfast in a hotel.
slow internet: internet wifi wi-fi network connect
The internet was too slow for a call.
Wifi dropped every few minutes.
I could not get a stable wifi connection.
Very weak internet on the third floor.
The wireless network hardly worked.
remarks
The lamp by the bed flickered.
We paid with a voucher.
Our view was of a bakery.
The lift has mirrors on all sides.
I found a book about birds in the drawer.
The carpet is dark green.
They have a parrot in the hall.
Parking costs extra on weekends.
My towel had a hole in it.
There was a chess board in the lobby.
# headphones
battery: batter charg hours power
The battery lasts for days.
I charge them once a week only.
Excellent battery, more than thirty hours.
One charge gets me through a whole week of commuting.
Battery life is the best thing about them.
tight fit: tight press head pain hurt
They press too hard on my head.
After an hour they hurt.
Much too tight for people with glasses.
A painful fit after a while.
My ears hurt because the band is so tight.
clear sound: sound clear music voice
The sound is crystal clear.
Music has never sounded this good to me.
Every voice comes through clearly.
Superb sound for the money.
I hear details in songs that I had missed before, the sound is that clear.
app trouble: app phone pair bluetooth
The app crashes whenever I open it.
I could not pair them with my phone.
Pairing over bluetooth takes many attempts.
A dreadful app that forgets all settings.
They lose the bluetooth link with the phone all the time.
flimsy case: case hinge zip flimsy
The case broke within a month.
A flimsy case with a bad zip.
The zip of the carrying case came off.
The hinge of the case snapped.
Such a cheap case for such a price.
remarks
I chose the blue ones.
The manual is printed in nine languages.
They were a birthday present.
My dog chewed the cable.
Delivery came on a rainy Tuesday.
The logo glows a little at night.
I wear them while mowing the lawn.
My son wants the same.
The parcel contained a sticker.
They smell of new plastic.
# restaurant
long wait: wait slow hour late minutes
We waited an hour for our food.
Service was terribly slow.
Forty minutes passed before anybody took our order.
The wait for a table was endless.
Our main course came far too late.
great fish: fish trout salmon sea
The fish was perfectly cooked.
Order the trout, it is superb.
Best salmon I have had in years.
Their grilled fish is a dream.
The sea bass fell off the fork.
high prices: price expens cost bill
The prices are too high.
Far too expensive for what you get.
We got a shock when we saw the bill.
It costs twice as much as next door.
Such prices, even for this part of town.
lovely terrace: terrace garden outside outdoor
The terrace under the trees is lovely.
We enjoyed sitting outside in the garden.
A charming garden with lanterns.
Ask for a place on the terrace.
Dining outdoors there is a joy.
small portions: portion small hungry plate tiny
The portions are tiny.
I was still hungry afterwards.
Small plates, three bites and it was over.
We left hungry in spite of three courses.
Such small portions would not fill a child.
remarks
Somebody wore yellow shoes.
A pianist played old film tunes.
They take no reservations by telephone.
My aunt spilled her wine.
The menu is written on a blackboard.
We celebrated a promotion.
There is a stuffed bear in the corridor.
The owner collects postcards.
It used to be a post office.
The salt mill was empty.
# rail app
crashes: crash freez close bug
The app crashes at the payment step.
It kept freezing all afternoon.
It closes by itself after a few seconds.
Full of bugs since the last update.
Crashed again this morning.
easy booking: easy simple book quick
Booking a ticket is easy.
So simple that my father can use it.
I had my seat booked within a minute.
Quick and simple.
The booking takes three taps and is really easy.
wrong times: time delay wrong late
The departure times were wrong.
It told me the train was on time when it was an hour late.
Delays show up long after they happen.
Never trust the times that it shows.
Wrong arrival times on two trips out of three.
login: log password account sign
I have to log in again and again.
It forgot my password again.
Signing in fails with a strange message.
My account was locked for no reason.
The login screen keeps coming back.
useful map: map platform station way
The station map is very useful.
I found the right platform thanks to the map.
The map shows the way to every exit.
Love the plan of the station with lifts and stairs.
It guided me to my platform with a clear map.
remarks
The icon is orange now.
I use it on an old tablet.
My cousin recommended it.
The jingle made my cat jump.
It sends a greeting on birthdays.
I have only tried it in April.
The text about the founders is quite long.
There is a night mode.
It is available in Frisian.
I deleted some photos to make room.
# course
good teacher: teacher explain patient instructor
The teacher explains everything well.
Our instructor was very patient.
What a gifted teacher.
Nobody has ever explained grammar to me so clearly.
She is a patient and cheerful instructor.
too fast: fast pace speed rush quick
The pace is too fast for beginners.
We rushed through the last units.
Everything went much too quickly.
Too much speed, too little calm.
They should go at a slower pace.
large group: group crowd many people size
The group was far too large.
Twenty people in one class are too many.
A crowded class, I hardly got to speak.
With such a big group nobody gets attention.
Please make the groups smaller.
helpful homework: homework exercise task practi
The homework helped me a lot.
Very useful exercises for at home.
I learned most from the weekly tasks.
Good practice material after each lesson.
The exercises are well chosen.
bad rooms: air window stuffy dark
The classroom was stuffy.
There is no fresh air in there.
A dark room without a window.
We had a dark cellar for a classroom.
Not one window could be opened, the air was terrible.
remarks
I came by tram.
The coffee machine takes coins only.
My certificate arrived in a tube.
Someone always brought biscuits.
The textbook has a giraffe on its cover.
I had taken a class in Spanish before.
The caretaker whistles.
We sang at the end of term.
My neighbour came from Iceland.
The clock on the wall was wrong.
# bicycle shop
fair prices: price fair cheap cost
The prices are fair.
A new chain cost less than I had feared.
Cheap and honest.
They charged me a very fair price.
It cost half of what others asked.
quick repair: quick same day fast wait repair
They repaired it at once.
My bike was ready the same day.
A really quick repair.
I could wait for it, so fast was the work.
Done in one day although they were busy.
rude man: rude unfriend shout grump polite
The man at the counter was rude.
He shouted at a customer.
An unfriendly welcome.
A grumpy fellow who does not greet anyone.
Politeness is unknown to the owner.
few parts: part stock order spare
They did not have the part in stock.
I had to order the tyre myself, since they keep no stock.
Hardly any spare parts there.
The right brake part was missing.
Out of stock once more.
short hours: open close hours evening weekend
They close at four in the afternoon.
Opening hours are far too short.
Closed on every weekend.
Impossible to get there in the evening, when they are never open.
The hours make no sense for people with a job.
remarks
A goat lives in the back yard.
The door sticks a little.
They painted the wall in stripes.
My saddle is made of cork.
The radio plays opera.
I was given an apple.
The place used to be a stable.
A tandem hangs from the ceiling.
The bell sounds like a duck.
You can leave your umbrella there.
`

interface Kind {
  readonly name: string
  readonly themes: readonly (Theme & { readonly wordings: readonly string[] })[]
  readonly remarks: readonly string[]
}

const kinds = written.split('\n# ').slice(1).map(readKind)
const [setsPerKind, reviewsPerSet, themesPerSet] = [17, 8, 3]
const choose = createChooser(20_263)

/** Kinds take turns. */
export const insightItems: readonly InsightItem[] = Array.from({ length: setsPerKind }, (_, index) =>
  kinds.map((kind, at) => makeItem(kind, index, at % 2 === 0 ? 'development' : 'held-out')),
).flat()

function makeItem({ name, themes, remarks }: Kind, index: number, half: InsightItem['half']): InsightItem {
  const reviews: string[][] = choose.sample(remarks, reviewsPerSet).map((remark) => [remark])
  const planted = choose.sample(themes, themesPerSet).map(({ wordings, ...theme }) => {
    const texts = choose.whole(2, wordings.length)
    const said = choose.sample(wordings, texts)
    for (const [at, review] of choose.sample(reviews, texts).entries()) review.push(said[at])
    return { ...theme, texts }
  })
  const texts = reviews.map((sentences) => choose.sample(sentences, sentences.length).join(' '))
  return { id: `${name.replaceAll(' ', '-')}-${index}`, half, reviews: texts, planted }
}

function readKind(text: string): Kind {
  const [name, ...lines] = text.trim().split('\n')
  const end = lines.indexOf('remarks')
  const themes = lines.slice(0, end).reduce<Kind['themes'][number][]>((found, line) => {
    const heading = /^([a-z ]+): ([a-z\- ]+)$/.exec(line)
    if (heading !== null) return [...found, { name: heading[1], stems: heading[2].split(' '), wordings: [] }]
    const last = found[found.length - 1]
    return found.with(-1, { ...last, wordings: [...last.wordings, line] })
  }, [])
  return { name, themes, remarks: lines.slice(end + 1) }
}
