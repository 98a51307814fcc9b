/**
 * What a model without a notation of its own is shown: requests, functions and the calls that answer them. Each shows something
 * that small models otherwise get wrong: optional parameters left out, floats written as floats, lists copied from the request,
 * truth values, per cent as a share, one of several functions, no function at all.
 */
import type { ToolDefinition } from './chat-model.ts'

export interface WorkedExample {
  readonly tools: readonly ToolDefinition[]
  readonly request: string
  /** In the universal notation, or a text. */
  readonly answer: string
}

type Property = readonly [
  type: string,
  description: string,
  rest?: { readonly items?: { readonly type: string }; readonly enum?: readonly string[] },
]

const forecast = toolOf(
  'get_forecast',
  'Get the weather forecast for a city.',
  {
    city: ['string', 'Name of the city.'],
    days: ['integer', 'Number of days to forecast.'],
    units: ['string', 'Units of temperature. Default is celsius.', { enum: ['celsius', 'fahrenheit'] }],
  },
  ['city', 'days'],
)

const mean = toolOf(
  'statistics_mean',
  'Calculate the mean of a list of numbers.',
  {
    numbers: ['array', 'The numbers.', { items: { type: 'number' } }],
    precision: ['integer', 'Number of decimals to round to. Default is 2.'],
  },
  ['numbers'],
)

const products = toolOf(
  'find_products',
  'Search the products of a shop.',
  {
    category: ['string', 'Category of the product.'],
    colors: ['array', 'Wanted colors.', { items: { type: 'string' } }],
    max_price: ['number', 'Highest price. Optional.'],
    sort_by: ['string', 'Order of the results. Default is price.', { enum: ['price', 'rating', 'date'] }],
  },
  ['category', 'colors'],
)

const table = toolOf(
  'reserve_table',
  'Reserve a table in a restaurant.',
  {
    restaurant: ['string', 'Name of the restaurant.'],
    guests: ['integer', 'Number of guests.'],
    date: ['string', 'Date of the reservation.'],
    outdoor: ['boolean', 'Whether to sit outdoors. Default is false.'],
    note: ['string', 'A note for the staff. Optional.'],
  },
  ['restaurant', 'guests', 'date'],
)

const loan = toolOf(
  'loan_monthly_payment',
  'Calculate the monthly payment of a loan.',
  {
    amount: ['number', 'Amount of the loan.'],
    rate: ['number', 'Interest rate per year as a decimal.'],
    years: ['integer', 'Length of the loan in years.'],
  },
  ['amount', 'rate', 'years'],
)

/** The nearest to the request weighs most; the first ones are shown where fewer are wanted. */
export const callExamples: readonly WorkedExample[] = [
  {
    tools: [loan],
    request: 'How much do I have to pay each month for a loan of $25,000 at 4.5% interest over 10 years?',
    answer: '[loan_monthly_payment(amount=25000, rate=0.045, years=10)]',
  },
  {
    tools: [table],
    request: 'Book a table outdoors for 4 people at Blue Lagoon on June 12, 2023.',
    answer: '[reserve_table(restaurant="Blue Lagoon", guests=4, date="June 12, 2023", outdoor=true)]',
  },
  {
    tools: [mean],
    request: 'What is the average of 3.5, 8 and 12?',
    answer: '[statistics_mean(numbers=[3.5, 8.0, 12.0])]',
  },
  {
    tools: [forecast],
    request: 'What will the weather be like in Oslo over the next 3 days?',
    answer: '[get_forecast(city="Oslo", days=3)]',
  },
  {
    tools: [products],
    request: 'Show me red and dark blue running shoes, best rated first.',
    answer: '[find_products(category="running shoes", colors=["red", "dark blue"], sort_by="rating")]',
  },
]

export const refusalExamples: readonly WorkedExample[] = [
  { tools: [table], request: 'How many grams are in a pound?', answer: 'About 454 grams.' },
  { tools: [loan], request: 'What is the tallest mountain of Africa?', answer: 'Kilimanjaro.' },
]

function toolOf(
  name: string,
  description: string,
  properties: Readonly<Record<string, Property>>,
  required: readonly string[],
): ToolDefinition {
  const described = Object.entries(properties).map(([key, [type, text, rest]]) => [
    key,
    { type, description: text, ...rest },
  ])
  const parameters = { type: 'object', properties: Object.fromEntries(described), required }
  return { type: 'function', function: { name, description, parameters } }
}
