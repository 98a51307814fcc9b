/** English sentences for the measurement of corrections: correct ones, which must stay, and wrong ones with their smallest correction. */
export interface WrongSentence {
  readonly wrong: string
  readonly right: string
}

export const correctSentences: readonly string[] = `The cat has been asleep on the radiator since noon.
Could you pass me the blue folder, please?
Neither of the answers was right.
We had already eaten when they arrived.
If I were you, I would ask for a second opinion.
My father's old car still starts on the first try.
There are fewer chairs than guests.
He doesn't like coffee, and neither do I.
Whose umbrella is this?
The report, which nobody had read, was forty pages long.
I'd rather walk than wait for the bus.
She lay on the grass and looked at the clouds.
The news was better than we had expected.
Each of the boxes has its own key.
They have lived in Bergen for eleven years.
Hardly had I closed the door when the phone rang.
What a strange idea!
The number of visitors has doubled since spring.
A number of visitors have complained about the noise.
Let's meet at the fountain at half past five.
The team is playing better than it did last year.
He advised me not to sign anything.
I used to bite my nails.
She is used to getting up early.
Who did you give the keys to?
The more I read, the less I understand.
It's raining, so the dog refuses to leave its basket.
Turn left at the church, then take the second street on the right.
No sooner said than done.
You should have seen his face.
The scissors are in the top drawer.
Mathematics was never my strongest subject.
Two weeks is a long time to wait for a letter.
We're out of milk again.
I look forward to hearing from you.
The children were told to stay where they were.
Not only did she win, but she also set a record.
He runs a small bakery with his sister and her husband.
Had we known, we would have come earlier.
The police are looking for a man in his thirties.
This is the house in which my grandmother was born.
Somebody has left their gloves on the train.
Please let me know whether Tuesday suits you.
The old bridge was being repaired when the flood came.
I haven't seen him since he moved to Leeds.
Few people know how to sharpen a saw properly.
Nobody but Ruth knew the password.
She speaks Dutch, some Polish and a little Greek.
By the time you read this, I will be in Lima.
He was made to apologise in front of the whole class.
The colour of the walls reminds me of an aquarium.
I'm sorry, but your application came a day too late.
The data are stored on two servers in different cities.
Everything was quiet except for the clock.
Do you mind if I open the window?
The soup needs salt.
All of a sudden, the lights went out.
It was Anna who found the mistake, not Peter.
The shop sells paper, ink, brushes and secondhand frames.
My brother and I share a birthday.
They offered her a job that she couldn't refuse.
There's a spider in the bath.
The meeting lasted longer than it should have.
I wish I had learned to play the piano.
Most of the furniture was sold at auction.
He insisted that she be told the truth.
Yes, that sounds fine to me.
The farther we drove, the worse the roads became.
Press the button twice and wait for the green light.
Nothing of interest happened that week.
Her handwriting is almost impossible to read.
The committee has postponed its decision until March.
We took the wrong exit and ended up in a car park.
He asked me what time the museum closed.
An hour later, a heavy snow began to fall.
She can't stand being interrupted.
The twins, both of whom are left-handed, sit side by side.
I've got two tickets for tonight; would you like one?
The river rises in the hills and flows into a lake.
You needn't wash the grapes, because I already have.
The advice he gave me was worth more than money.
Sales fell in May but recovered over the summer.
This soap smells of lavender.
As far as I know, the library is open on Saturdays.
The door was painted green, as was the gate.
It took us three days to clear the attic.
The driver claimed not to have seen the sign.
My shoes are wet through.
The sooner you book, the cheaper it is.
Would you rather have tea or cocoa?
Our neighbours' dogs bark whenever a bicycle goes past.
The function returns an empty list if no file is found.
He has neither the time nor the patience for it.
I felt the ground shake beneath my feet.
The novel was written in 1931 and translated ten years later.
So far, so good.
The plants on the balcony want watering.
They all agreed that the first version had been funnier.
I can hear someone singing in the room above.
You can borrow my bicycle, provided that you bring it back by six.`.split('\n')

/** A line: the wrong sentence and the right one, parted by a bar. */
export const wrongSentences: readonly WrongSentence[] =
  `My sister have a new job in a bank. | My sister has a new job in a bank.
The childrens are playing in the yard. | The children are playing in the yard.
I have seen him yesterday at the market. | I saw him yesterday at the market.
We definately need a bigger table. | We definitely need a bigger table.
Their going to be late again. | They're going to be late again.
The dog wagged it's tail. | The dog wagged its tail.
He don't know where the keys is. | He doesn't know where the keys are.
She is more taller than her brother. | She is taller than her brother.
I am interested on old maps. | I am interested in old maps.
Yesterday we goed to the beach and swimmed in the sea. | Yesterday we went to the beach and swam in the sea.
There is many reasons to stay. | There are many reasons to stay.
He gave me an useful tip. | He gave me a useful tip.
I waited a hour for the doctor. | I waited an hour for the doctor.
The informations in the leaflet are out of date. | The information in the leaflet is out of date.
She suggested me to take the train. | She suggested that I take the train.
You should of called me first. | You should have called me first.
The wether was beautifull all week. | The weather was beautiful all week.
Me and him works in the same office. | He and I work in the same office.
The film was so bored that I fell asleep. | The film was so boring that I fell asleep.
I look forward to meet you in June. | I look forward to meeting you in June.
He is working here since 2015. | He has been working here since 2015.
If it will rain, we will stay at home. | If it rains, we will stay at home.
Alot of people came to the opening. | A lot of people came to the opening.
Every students must hand in the essay by Friday. | Every student must hand in the essay by Friday.
The goverment has anounced a new tax. | The government has announced a new tax.
She told to me that the shop was closed. | She told me that the shop was closed.
I can to drive a tractor. | I can drive a tractor.
Where you did buy that hat? | Where did you buy that hat?
We discussed about the plan for hours. | We discussed the plan for hours.
Your welcome to join us for diner tonight. | You're welcome to join us for dinner tonight.
It depends of the price. | It depends on the price.
The boy which sits next to me is from Chile. | The boy who sits next to me is from Chile.
I forgot to bring there luggage upstairs. | I forgot to bring their luggage upstairs.
He has less friends than his brother. | He has fewer friends than his brother.
She didn't went to the party. | She didn't go to the party.
Is your parents at home? | Are your parents at home?
My uncle he is a carpenter. | My uncle is a carpenter.
The accomodation was cheap but realy clean. | The accommodation was cheap but really clean.
I recieved you're parcel this morning. | I received your parcel this morning.
They was waiting outside the teatre. | They were waiting outside the theatre.
The price of the apples have gone up. | The price of the apples has gone up.
He plays guitar very good. | He plays guitar very well.
I'm afraid from spiders. | I'm afraid of spiders.
She buyed two kilo of potatoes. | She bought two kilos of potatoes.
We enjoyed to walk along the river. | We enjoyed walking along the river.
This is the most easiest way to do it. | This is the easiest way to do it.
The new bridge will effect the traffic in the hole city. | The new bridge will affect the traffic in the whole city.
He asked me where do I live. | He asked me where I live.
Nobody have told us about the change. | Nobody has told us about the change.
Its to cold to sit outside. | It's too cold to sit outside.
I have ate to much cake. | I have eaten too much cake.
The book is laying on the table since Monday. | The book has been lying on the table since Monday.
Please sent me the adress of the hotel. | Please send me the address of the hotel.
One of my friend live in Oslo. | One of my friends lives in Oslo.
She sings beautiful and dances well. | She sings beautifully and dances well.
I would like to know how much does it cost. | I would like to know how much it costs.
We was suprised by the result. | We were surprised by the result.
The train arrived to the station ten minutes late. | The train arrived at the station ten minutes late.
He is used to work at night. | He is used to working at night.
Do he want another peace of bread? | Does he want another piece of bread?`
    .split('\n')
    .map((line) => line.split(' | '))
    .map(([wrong, right]) => ({ wrong, right }))
