/**
 * Letters, bills and notices with the records that they hold, made by a seeded program out of templates: twelve kinds with ten texts each,
 * every second kind held out. Texts are to be given back as they are written; a property with `?` may be missing from a text.
 */
import { type Chooser, createChooser, fill } from './chooser.ts'
import type { Half, SuiteItem } from './text-suite.ts'

export type FieldType = 'string' | 'integer' | 'number'
export type FieldValue = string | number | null
export type ExpectedRecord = Readonly<Record<string, FieldValue>>

export interface Field {
  readonly name: string
  readonly type: FieldType
  readonly nullable: boolean
}

export interface ExtractionItem extends SuiteItem {
  readonly text: string
  readonly fields: readonly Field[]
  /** Whether a text of this kind may hold several records. */
  readonly many: boolean
  readonly expected: readonly ExpectedRecord[]
}

interface Kind {
  readonly name: string
  readonly half: Half
  /** `name type`, the type with `?` where it may be missing. */
  readonly fields: string
  readonly templates: readonly string[]
  readonly values: (choose: Chooser) => Readonly<Record<string, string | number>>
  /** Fields that a text leaves out, and the sentence that says them. */
  readonly optional?: { readonly field: string; readonly sentence: string } | undefined
  /** Records of one text, each by this line in place of `{lines}`. */
  readonly line?: { readonly template: string; readonly values: Kind['values'] } | undefined
}

const firstNames = 'Ada Bruno Clara David Elena Farid Greta Hugo Irene Jonas Katya Liam Mara Nils Olga Pedro'.split(' ')
const lastNames =
  'Abel Brandt Castro Duval Ekström Ferrari Grant Holm Ibsen Jansen Keller Larsen Moreau Novak Okafor Price'.split(' ')
const streets = [
  'Mill Lane',
  'Harbour Road',
  'Chapel Street',
  'Oak Avenue',
  'Station Road',
  'Bridge Street',
  'Elm Grove',
]
const months = 'January February March April May June July August September October November December'.split(' ')
const companies = [
  'Northwind Paper',
  'Halden & Sons',
  'Blue Heron Travel',
  'Kestrel Tools',
  'Orchard Foods',
  'Vega Print',
]

const person = (choose: Chooser): string => `${choose.pick(firstNames)} ${choose.pick(lastNames)}`
const date = (choose: Chooser): string => `${choose.whole(1, 28)} ${choose.pick(months)}`
const time = (choose: Chooser): string => `${choose.whole(8, 19)}:${choose.pick(['00', '15', '30', '45'])}`
const price = (choose: Chooser): number => choose.whole(300, 95_000) / 100
const phone = (choose: Chooser): string =>
  `0${choose.whole(20, 99)} ${choose.whole(100, 999)} ${choose.whole(1000, 9999)}`
const street = (choose: Chooser): string => `${choose.whole(1, 120)} ${choose.pick(streets)}`

const kinds: readonly Kind[] = [
  {
    name: 'invoice',
    half: 'development',
    fields: 'invoice_number string, company string, total number, due_date string',
    values: (choose) => ({
      invoice_number: `${choose.pick(['R', 'INV', 'F'])}-${choose.whole(1000, 9999)}`,
      company: choose.pick(companies),
      total: price(choose),
      due_date: date(choose),
      other: date(choose),
    }),
    templates: [
      'Dear customer,\nplease find below our invoice {invoice_number} of {other}. The amount of {total} euros is payable by {due_date}. Thank you for ordering from us.\nKind regards\n{company}',
      '{company}\nInvoice no. {invoice_number}\nDate: {other}\nTotal due: EUR {total}\nPayable until {due_date}\nPlease quote the number with your payment.',
      'Hello,\nI am writing on behalf of {company}. Our records show that invoice {invoice_number}, sent on {other}, has not been paid yet. Could you transfer the {total} euros before {due_date}? If you have paid already, ignore this letter.',
    ],
  },
  {
    name: 'appointment',
    half: 'held-out',
    fields: 'patient string, doctor string, date string, time string',
    values: (choose) => ({
      patient: person(choose),
      doctor: choose.pick(lastNames),
      date: date(choose),
      time: time(choose),
    }),
    templates: [
      'Dear {patient},\nthis is to confirm your appointment with Dr {doctor} on {date} at {time}. Please bring your insurance card and come ten minutes early.',
      'Reminder from the practice on Park Square: {patient} is expected on {date}, {time}. The examination will be carried out by Dr {doctor}. If you cannot come, tell us a day before.',
      'Dr {doctor} has asked us to find a new slot for {patient}. We can offer {date} at {time} and have noted it for now. A short call is enough if it does not suit.',
    ],
  },
  {
    name: 'lost',
    half: 'development',
    fields: 'item string, place string, date string, phone string?',
    values: (choose) => ({
      item: choose.pick([
        'black umbrella',
        'silver bracelet',
        'red scarf',
        'leather wallet',
        'blue rucksack',
        'grey kitten',
      ]),
      place: choose.pick([
        'the town library',
        'the swimming pool',
        'platform 2',
        'the market hall',
        'the botanical garden',
      ]),
      date: date(choose),
      phone: phone(choose),
    }),
    optional: { field: 'phone', sentence: ' Call {phone} if it is yours.' },
    templates: [
      'FOUND: a {item}, on {date}, near {place}. It is in good hands.{optional}',
      'On {date} somebody left a {item} at {place}. We have kept it at the front desk.{optional} It can be collected in the afternoon.',
      'Is anybody missing a {item}? My daughter picked one up at {place} on {date}.{optional} You will have to describe it.',
    ],
  },
  {
    name: 'job',
    half: 'held-out',
    fields: 'position string, employer string, hours_per_week integer, contact string',
    values: (choose) => ({
      position: choose.pick([
        'baker',
        'night porter',
        'lab assistant',
        'gardener',
        'bus driver',
        'bookkeeper',
        'librarian',
      ]),
      employer: choose.pick(companies),
      hours_per_week: choose.whole(8, 40),
      contact: person(choose),
      age: choose.whole(12, 60),
    }),
    templates: [
      '{employer} is looking for a {position} ({hours_per_week} hours a week). We are a team of {age} and offer regular hours. Send your letter to {contact}.',
      'Wanted: {position}. You will work {hours_per_week} hours per week and have every second weekend free. {employer} has been in business for {age} years. Questions? Ask for {contact}.',
      'We at {employer} need help. If you have worked as a {position} before and can give us {hours_per_week} hours each week, write to {contact} before the end of the month.',
    ],
  },
  {
    name: 'parcel',
    half: 'development',
    fields: 'sender string, tracking_number string, weight_kg number, pickup_point string',
    values: (choose) => ({
      sender: choose.pick(companies),
      tracking_number: `${choose.pick(['ZX', 'PK', 'DT'])}${choose.whole(100_000, 999_999)}`,
      weight_kg: choose.whole(2, 190) / 10,
      pickup_point: choose.pick([
        'Kiosk Berger',
        'Hill Street post office',
        'Central Pharmacy',
        'Petrol station North',
      ]),
      days: choose.whole(3, 9),
    }),
    templates: [
      'We could not hand over your parcel {tracking_number} from {sender} ({weight_kg} kg). It waits for you at {pickup_point} for {days} days.',
      'Good news! {sender} has sent you something. Shipment: {tracking_number}. Weight: {weight_kg} kg. Since nobody was in, you can collect it from {pickup_point} within {days} days.',
      'Notice of delivery\nYour neighbours were out too, so the driver took the parcel to {pickup_point}. Keep the number {tracking_number} at hand. Sender: {sender}. The parcel weighs {weight_kg} kg, and it goes back after {days} days.',
    ],
  },
  {
    name: 'event',
    half: 'held-out',
    fields: 'event string, venue string, date string, ticket_price number?',
    values: (choose) => ({
      event: choose.pick([
        'Harvest Fair',
        'Jazz Night',
        'Chess Open',
        'Poetry Evening',
        'Seed Market',
        'Choir Festival',
      ]),
      venue: choose.pick(['Town Hall', 'Old Brewery', 'Riverside Park', 'St Mary Church', 'Grand Pavilion']),
      date: date(choose),
      ticket_price: choose.whole(3, 45),
      hour: choose.whole(10, 20),
    }),
    optional: { field: 'ticket_price', sentence: ' Tickets are {ticket_price} euros.' },
    templates: [
      '{event}\n{date}, from {hour}:00\n{venue}\nBring friends and an appetite.{optional}',
      'Come one, come all: on {date} the {event} returns to the {venue}! Doors open at {hour}:00.{optional} Dogs have to stay at home.',
      'After two years the {event} is back. It takes place on {date} in the {venue} and starts at {hour}:00.{optional}',
    ],
  },
  {
    name: 'flat',
    half: 'development',
    fields: 'address string, rooms integer, rent number, available_from string',
    values: (choose) => ({
      address: street(choose),
      rooms: choose.whole(2, 6),
      rent: choose.whole(320, 1900),
      available_from: date(choose),
      floor: choose.pick(['ground', 'second', 'third', 'top']),
    }),
    templates: [
      'To let: flat with {rooms} rooms at {address}, {floor} floor, free from {available_from}. The rent is {rent} euros a month. No pets.',
      'We are moving out of our home at {address} and look for somebody to take over. It has {rooms} rooms on the {floor} floor, costs {rent} euros per month and can be had from {available_from} on.',
      'Available from {available_from}: {address}. Rooms: {rooms}. Monthly rent: {rent} euros. The flat is on the {floor} floor and has been painted.',
    ],
  },
  {
    name: 'repair',
    half: 'held-out',
    fields: 'customer string, device string, fault string, cost number?',
    values: (choose) => ({
      customer: person(choose),
      device: choose.pick([
        'washing machine',
        'record player',
        'bicycle',
        'coffee grinder',
        'sewing machine',
        'lawn mower',
      ]),
      fault: choose.pick(['loose belt', 'broken switch', 'worn bearing', 'cracked lid', 'blown fuse']),
      cost: price(choose),
      days: choose.whole(2, 12),
    }),
    optional: { field: 'cost', sentence: ' We estimate {cost} euros.' },
    templates: [
      'Order for {customer}. Device: {device}. Our technician found a {fault}.{optional} Ready in {days} days.',
      'Dear {customer}, we have had a look at your {device}. The trouble comes from a {fault}.{optional} If you agree, it is done within {days} days.',
      'The {device} that {customer} brought in last week has a {fault}.{optional} The spare part takes {days} days to arrive.',
    ],
  },
  {
    name: 'order',
    half: 'development',
    fields: 'product string, quantity integer, unit_price number',
    values: (choose) => ({ who: person(choose), number: choose.whole(100, 999), day: date(choose) }),
    line: {
      template: '{quantity} x {product} at {unit_price} euros',
      values: (choose) => ({
        product: choose.pick([
          'desk lamp',
          'office chair',
          'paper shredder',
          'whiteboard',
          'stapler',
          'filing cabinet',
          'coat stand',
        ]),
        quantity: choose.whole(2, 30),
        unit_price: choose.whole(250, 24_900) / 100,
      }),
    },
    templates: [
      'Order {number}, placed by {who} on {day}:\n{lines}\nDeliver to the back entrance.',
      'Dear team,\nplease send us the following by {day}:\n{lines}\nOur customer number is {number}.\nBest wishes\n{who}',
    ],
  },
  {
    name: 'guests',
    half: 'held-out',
    fields: 'guest string, room integer, nights integer',
    values: (choose) => ({
      house: choose.pick(['Hotel Seaview', 'Anchor Inn', 'Villa Rosa']),
      day: date(choose),
      staff: choose.whole(3, 9),
    }),
    line: {
      template: '{guest} has room {room} and stays {nights} nights.',
      values: (choose) => ({ guest: person(choose), room: choose.whole(101, 420), nights: choose.whole(2, 14) }),
    },
    templates: [
      'Arrivals at {house}, {day}\n{lines}\nBreakfast for all of them from seven. There are {staff} of us on duty.',
      'Note for the night shift of {day}:\n{lines}\nOtherwise {house} is empty, so {staff} floors stay dark.',
    ],
  },
  {
    name: 'library',
    half: 'development',
    fields: 'reader string, title string, author string, due_date string',
    values: (choose) => ({
      reader: person(choose),
      title: choose.pick(['The Salt Road', 'A Quiet Engine', 'Maps of Nowhere', 'Winter Honey', 'The Glass Orchard']),
      author: person(choose),
      due_date: date(choose),
      fee: choose.whole(2, 9),
    }),
    templates: [
      'Dear {reader},\n"{title}" by {author} was due back on {due_date}. From now on we charge {fee} euros a week.',
      'Reminder: the book "{title}" (author: {author}) has to be returned by {due_date}. Another reader is waiting for it. Borrowed by: {reader}. Late fee: {fee} euros.',
      'Hello {reader}, just a friendly word from the library. You still have {author}\'s novel "{title}", and {due_date} is the last day to bring it in without the fee of {fee} euros.',
    ],
  },
  {
    name: 'delay',
    half: 'held-out',
    fields: 'train string, destination string, delay_minutes integer, platform integer?',
    values: (choose) => ({
      train: `${choose.pick(['IC', 'RE', 'S'])} ${choose.whole(10, 990)}`,
      destination: choose.pick(['Aldersea', 'Port Wick', 'Lindenau', 'Monte Vero', 'Castleford']),
      delay_minutes: choose.whole(6, 95),
      platform: choose.whole(1, 14),
      hour: time(choose),
    }),
    optional: { field: 'platform', sentence: ' It will leave from platform {platform}.' },
    templates: [
      'Attention please. {train} to {destination}, due at {hour}, is running {delay_minutes} minutes late.{optional} We apologise.',
      'Travel alert: passengers for {destination} have to wait for another {delay_minutes} minutes. The {train} was stopped by a signal failure at {hour}.{optional}',
      'Because of a tree on the line the {train} ({hour}) reaches us {delay_minutes} minutes behind schedule and then goes on to {destination}.{optional}',
    ],
  },
]

const textsPerKind = 10
const choose = createChooser(20_261)

/** Kinds take turns, so that the first items of the list are of all kinds. */
export const extractionItems: readonly ExtractionItem[] = Array.from({ length: textsPerKind }, (_, index) =>
  kinds.map((kind) => makeItem(kind, index)),
).flat()

function makeItem(
  { name, half, fields: written, templates, values, optional, line }: Kind,
  index: number,
): ExtractionItem {
  const fields = readFields(written)
  const own = values(choose)
  const leavesOut = optional !== undefined && choose.whole(0, 1) === 1
  const lines = line === undefined ? [] : Array.from({ length: choose.whole(2, 3) }, () => line.values(choose))
  const text = fill(
    templates[index % templates.length].replace('{optional}', leavesOut ? '' : (optional?.sentence ?? '')),
    {
      ...own,
      lines: lines.map((value) => fill(line?.template ?? '', value)).join('\n'),
    },
  )
  const recordOf = (from: Readonly<Record<string, string | number>>): ExpectedRecord =>
    Object.fromEntries(
      fields.map((field) => [field.name, leavesOut && field.name === optional.field ? null : from[field.name]]),
    )
  const many = line !== undefined
  return { id: `${name}-${index}`, half, text, fields, many, expected: many ? lines.map(recordOf) : [recordOf(own)] }
}

function readFields(written: string): Field[] {
  return written.split(', ').map((entry) => {
    const [name, type] = entry.split(' ')
    return { name, type: type.replace('?', '') as FieldType, nullable: type.endsWith('?') }
  })
}
