/**
 * Requests that a function serves and requests that it does not, for calibrating when a model calls. Written by hand for this
 * purpose: none is from the data sets that models are measured on.
 */
import type { ToolDefinition } from '../../src/tools/index.ts'

export interface RelevanceItem {
  readonly tool: ToolDefinition
  readonly request: string
  readonly relevant: boolean
}

type Parameters = Readonly<Record<string, readonly [type: string, description: string]>>

interface Row {
  readonly name: string
  readonly description: string
  readonly parameters: Parameters
  readonly required: readonly string[]
  readonly served: readonly string[]
  /** Of the same field as far as possible, and yet nothing that the function does. */
  readonly notServed: readonly string[]
}

const rows: readonly Row[] = [
  {
    name: 'get_train_departures',
    description: 'List the next departures from a railway station.',
    parameters: {
      station: ['string', 'Name of the station.'],
      limit: ['integer', 'Most departures to list. Default is 5.'],
    },
    required: ['station'],
    served: ['When do the next three trains leave from Zurich main station?', 'Show me departures at Lyon Part-Dieu.'],
    notServed: ['Which company built the first steam locomotive?', 'How long is the runway of Geneva airport?'],
  },
  {
    name: 'triangle_area',
    description: 'Calculate the area of a triangle from its base and height.',
    parameters: { base: ['number', 'Length of the base.'], height: ['number', 'Height over the base.'] },
    required: ['base', 'height'],
    served: [
      'What is the area of a triangle with base 8 and height 3.5?',
      'A sail is 4 m wide at the foot and 9 m high. How large is this triangle?',
    ],
    notServed: [
      'What is the volume of a sphere with a radius of 4?',
      'Who proved that the angles of a triangle add up to 180 degrees?',
    ],
  },
  {
    name: 'send_email',
    description: 'Send an email to one recipient.',
    parameters: {
      to: ['string', 'Address of the recipient.'],
      subject: ['string', 'Subject line.'],
      body: ['string', 'Text of the message.'],
    },
    required: ['to', 'subject', 'body'],
    served: [
      'Write to anna@example.org that the meeting is moved to Friday, subject "New date".',
      'Send an email to bob@example.com with the subject Invoice and the text Please find it attached.',
    ],
    notServed: ['Translate "good morning" into Portuguese.', 'What is the boiling point of ethanol?'],
  },
  {
    name: 'currency_convert',
    description: 'Convert an amount of money from one currency to another.',
    parameters: {
      amount: ['number', 'Amount to convert.'],
      source: ['string', 'Currency of the amount.'],
      target: ['string', 'Currency wanted.'],
    },
    required: ['amount', 'source', 'target'],
    served: ['How many Swedish kronor do I get for 250 dollars?', 'Convert 99.90 euros to Swiss francs.'],
    notServed: ['Convert 12 miles to kilometres.', 'Who is on the ten pound note?'],
  },
  {
    name: 'recipe_search',
    description: 'Find recipes by ingredients.',
    parameters: {
      ingredients: ['array', 'Ingredients that must be used.'],
      maximum_minutes: ['integer', 'Longest time of preparation in minutes.'],
    },
    required: ['ingredients'],
    served: [
      'What can I cook with lentils and spinach in half an hour?',
      'Find me a recipe that uses salmon and dill.',
    ],
    notServed: [
      'How many calories does a marathon runner burn?',
      'Reserve a table for two at an Italian restaurant tonight.',
    ],
  },
  {
    name: 'set_thermostat',
    description: 'Set the temperature of a room.',
    parameters: { room: ['string', 'Name of the room.'], temperature: ['number', 'Temperature in degrees Celsius.'] },
    required: ['room', 'temperature'],
    served: ['Make the living room 21.5 degrees.', 'Please set the bedroom to 18 degrees for the night.'],
    notServed: ['Turn off the lights in the kitchen.', 'What was the coldest day of the last century?'],
  },
  {
    name: 'library_find_book',
    description: 'Look up a book in the catalogue of the library.',
    parameters: { title: ['string', 'Title of the book.'], author: ['string', 'Name of the author. Optional.'] },
    required: ['title'],
    served: ['Does the library have Middlemarch by George Eliot?', 'Look up The Old Man and the Sea in the catalogue.'],
    notServed: ['Summarise the plot of a film about a shark.', 'Renew my driving licence.'],
  },
  {
    name: 'stock_price',
    description: 'Get the current price of a share.',
    parameters: { symbol: ['string', 'Symbol of the share, such as AAPL.'] },
    required: ['symbol'],
    served: ['What is one share of MSFT worth right now?', 'Current price of NVDA please.'],
    notServed: ['How do I bake sourdough bread?', 'What is the capital of Mongolia?'],
  },
  {
    name: 'calculate_bmi',
    description: 'Calculate the body mass index of a person.',
    parameters: { weight: ['number', 'Weight in kilograms.'], height: ['number', 'Height in metres.'] },
    required: ['weight', 'height'],
    served: ['I weigh 74 kg and am 1.81 m tall. What is my BMI?', 'Work out the body mass index for 60 kg at 1.65 m.'],
    notServed: [
      'Which vitamins are in oranges?',
      'Calculate the monthly rate of a loan of 10000 dollars over 3 years.',
    ],
  },
  {
    name: 'play_music',
    description: 'Play a song or an album.',
    parameters: { title: ['string', 'Title of the song or album.'], artist: ['string', 'Name of the artist.'] },
    required: ['title'],
    served: ['Play So What by Miles Davis.', 'I want to hear the album Rumours.'],
    notServed: ['Who invented the piano?', 'Add milk to my shopping list.'],
  },
  {
    name: 'plan_route',
    description: 'Plan a route by car between two places.',
    parameters: {
      origin: ['string', 'Start of the route.'],
      destination: ['string', 'End of the route.'],
      avoid_tolls: ['boolean', 'Whether to avoid toll roads. Default is false.'],
    },
    required: ['origin', 'destination'],
    served: ['How do I drive from Porto to Madrid without paying tolls?', 'Route from Berlin to Prague by car.'],
    notServed: [
      'What does the traffic sign with the red triangle mean?',
      'Which elements are in the second row of the periodic table?',
    ],
  },
  {
    name: 'create_reminder',
    description: 'Create a reminder for a point in time.',
    parameters: { text: ['string', 'What to be reminded of.'], time: ['string', 'When to remind.'] },
    required: ['text', 'time'],
    served: ['Remind me to water the plants tomorrow at 8 am.', 'Set a reminder for Monday noon: call the dentist.'],
    notServed: ['Why is the sky blue?', 'Solve 3x + 4 = 19.'],
  },
  {
    name: 'count_primes',
    description: 'Count the prime numbers up to a limit.',
    parameters: { limit: ['integer', 'Highest number to look at.'] },
    required: ['limit'],
    served: ['How many primes are there below 500?', 'Count all prime numbers up to 1000.'],
    notServed: ['What is the square root of 1764?', 'Tell me a joke about mathematicians.'],
  },
  {
    name: 'track_parcel',
    description: 'Find out where a parcel is.',
    parameters: { tracking_number: ['string', 'Number of the parcel.'] },
    required: ['tracking_number'],
    served: ['Where is my parcel 00340434161094?', 'Track shipment JD014600003SE for me.'],
    notServed: ['How heavy is an African elephant?', 'Cancel my subscription of the newspaper.'],
  },
  {
    name: 'get_population',
    description: 'Get the number of inhabitants of a city or country in a year.',
    parameters: { place: ['string', 'City or country.'], year: ['integer', 'Year. Default is the current one.'] },
    required: ['place'],
    served: ['How many people lived in Japan in 1990?', 'Population of Nairobi?'],
    notServed: ['What is the chemical formula of table salt?', 'Who wrote the national anthem of France?'],
  },
]

export const relevanceItems: readonly RelevanceItem[] = rows.flatMap((row) => {
  const properties = Object.fromEntries(
    Object.entries(row.parameters).map(([name, [type, description]]) => [
      name,
      type === 'array' ? { type, items: { type: 'string' }, description } : { type, description },
    ]),
  )
  const { name, description, required } = row
  const tool: ToolDefinition = {
    type: 'function',
    function: { name, description, parameters: { type: 'object', properties, required } },
  }
  return [
    ...row.served.map((request) => ({ tool, request, relevant: true })),
    ...row.notServed.map((request) => ({ tool, request, relevant: false })),
  ]
})
