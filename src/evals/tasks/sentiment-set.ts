/** Texts with their mood, written for this measurement: short remarks as people leave them about things, days and services. */
import type { ClassificationSet } from './classification.ts'

const positive = `The soup was hot, the bread was fresh and the waiter remembered our names.
I have owned this kettle for six years and it still works like on the first day.
Best concert of the year, I would go again tomorrow.
Our guide knew every stone of the town and made the children laugh.
The new update is so much faster that I finish an hour earlier.
What a lovely surprise to find fresh flowers in the room.
My grandmother loves the phone because the letters are big and clear.
They repaired my bicycle in ten minutes and asked for nothing.
The book kept me awake until three and I do not regret it.
Delicious coffee, friendly people, and a view over the harbour.
Finally a vacuum cleaner that picks up the hair of two dogs.
She explained the contract patiently until I understood every line.
The seats are comfortable and the train left on the minute.
I was nervous about the operation, but the team was wonderful.
Great value for the money, I have already recommended it to friends.
The children did not want to leave the museum, and neither did I.
A warm, funny and clever film that stays with you.
The parcel came a day early and was packed with care.
I am thrilled with the garden that they designed for us.
The course gave me the confidence to change my job.
Sweet, juicy and cheap: the best strawberries of the market.
The choir sang so beautifully that people were crying for joy.
Thank you for the quick help, you saved my weekend.
This jacket is light, warm and looks fantastic.
We felt welcome from the first minute to the last.
An excellent keyboard, quiet and pleasant to type on.
The teacher praised his progress and he came home beaming.
The hotel upgraded us for free and the breakfast was superb.
I love how easily the tent goes up, even in the wind.
He apologised at once and replaced the lamp, which impressed me.
The sunset from the terrace alone was worth the trip.
Everything tasted home-made and the portions were generous.
It is the most comfortable chair that I have ever had.
Our team won after all, what a happy evening.`

const negative = `The room smelled of smoke and the heating did not work.
After two weeks the screen went black and nobody answers my letters.
I waited an hour for a cold pizza with the wrong topping.
The plot is silly, the acting is worse, and it lasts three hours.
Never again: they lost my suitcase and blamed me for it.
The handle broke on the second day.
The staff was rude and rolled their eyes at my question.
What a waste of money, the paint peels off already.
The app crashes every time that I open a picture.
The meat was tough and the vegetables were burnt.
They charged me twice and refuse to pay it back.
I regret buying this printer, it jams on every page.
The neighbours shouted all night and we could not sleep.
The shoes fell apart in the first rain.
It took four calls until somebody admitted the mistake.
The instructions are useless and two screws were missing.
A boring speech, read from paper, without a single idea.
The doctor did not listen and sent me home in pain.
The lake was full of rubbish and it stank.
My order arrived broken, and the new one was broken too.
The battery is empty after an hour, which makes it worthless.
The worst customer service that I have met in years.
The bus was late again and then it did not even stop.
I was disappointed: the photos looked nothing like the house.
The sauce was so salty that we left the plates full.
The seat was torn and the floor was sticky.
He promised to come on Monday and never did.
An ugly, overpriced lamp that gives hardly any light.
The update deleted my notes, I am furious.
The film insults its audience from the first scene.
Our holiday was ruined by builders who drilled from six.
The cream gave me a rash that lasted for days.
She was in tears because of how they treated her.
The water in the shower was brown and cold.`

const neutral = `The shop is open from nine to six on weekdays.
The parcel contains a lamp, two bulbs and a cable.
The train to Ness leaves from platform four.
The meeting was moved from Tuesday to Thursday.
The house has three rooms and a small cellar.
The form has to be signed on the second page.
The bottle holds three quarters of a litre.
He works in an office near the station.
The road leads along the river to the old mill.
The report has twelve chapters and an appendix.
The colour of the cover is dark blue.
The library lends books for four weeks.
The recipe needs two eggs and a cup of flour.
She sent the letter on the third of May.
The table is two metres long and one metre wide.
The course takes place on Mondays in room five.
The key is kept at the reception.
The lid is made of steel and the pot of clay.
The bus stops at the school and at the church.
The survey was answered by four hundred people.
The museum is in the street behind the town hall.
The phone has a slot for a memory card.
The film runs for ninety-four minutes.
The tickets are printed on yellow paper.
The village has about two thousand inhabitants.
The manual describes how to change the filter.
The ferry crosses the strait twice a day.
The ceiling of the hall is six metres high.
The password consists of at least ten characters.
The new timetable is valid from the first of December.
The tree in front of the window is a maple.
The garage has room for two cars.
The contract ends after twelve months.
The box on the left is for paper and the one on the right for glass.`

const itemsOf = (label: string, texts: string) => texts.split('\n').map((text) => ({ text, label }))

export const sentimentSet: ClassificationSet = {
  name: 'sentiment',
  question: 'Mood of the text',
  labels: ['positive', 'negative', 'neutral'],
  items: [...itemsOf('positive', positive), ...itemsOf('negative', negative), ...itemsOf('neutral', neutral)],
}
