/**
 * A second written set, whose pages compete: huts that differ by their names, machines that are cleaned in like ways, commands of one
 * program, rules of one firm. All of it is invented. The two questions of a page are asked as people ask, with or without its words.
 * Questions were written before any search had seen them.
 */
import type { RetrievalSet } from './evaluate.ts'

type Page = readonly [name: string, text: string, question: string, other: string]

const competingPages: readonly Page[] = [
  // Huts
  [
    'hut-skarn-stay',
    'Skarn Hut, 2,140 m, has 46 bunks and is kept from mid June to the end of September. Supper is at half past six. Dogs sleep in the woodshed. Members of the club pay nineteen francs a night, others thirty-one. The winter room has eight places and is never locked.',
    'How many beds does Skarn Hut have?',
    'Where would our spaniel spend the night at Skarn?',
  ],
  [
    'hut-skarn-way',
    'To Skarn Hut one walks from the bus stop Lund Bridge in three and a half hours, red and white marks all the way. Below the waterfall a chain of forty metres helps over wet slabs. After heavy rain take the forest track instead, which is an hour longer.',
    'How long is the walk from Lund Bridge?',
    'Is the ascent to Skarn secured anywhere?',
  ],
  [
    'hut-vell-stay',
    'Vell Hut, 1,890 m, has 28 bunks in three rooms and one room for families. The warden bakes bread on Tuesdays and Fridays. Pay in cash: there is no line for cards. Water comes from the roof and has to be boiled. Quiet is from ten to five.',
    'Can I pay by card at Vell Hut?',
    'Is it safe to drink from the tap at Vell?',
  ],
  [
    'hut-vell-way',
    'Vell Hut is reached from the car park at Ostby in two hours over pastures, a way for children too. Whoever comes from Skarn Hut crosses the Mara Pass, 2,610 m, in five hours; snow lies there into July, and an axe is advised.',
    'How do I get from Skarn Hut to Vell Hut?',
    'Which hut can be reached with small kids?',
  ],
  [
    'hut-oran-stay',
    'Oran Hut, 2,460 m, is the highest of the club and has 60 bunks. It opens when the glacier is well covered, from March to May, and again from July to mid September. Crampons and ropes are hung up in the cellar, not taken into the rooms. A shower costs four francs.',
    'When is Oran Hut open?',
    'Where do I leave my climbing gear at the highest hut?',
  ],
  [
    'hut-oran-way',
    'From Vell Hut to Oran Hut it is six hours, the last two over the Kald Glacier, which nobody should cross without rope and a companion. The crevasses open in August. From the dam at Sion a path without ice leads up in five hours, with ladders in the last third.',
    'Can Oran be reached without crossing the glacier?',
    'In which month do the gaps in the ice become dangerous?',
  ],
  [
    'hut-tarnsee-stay',
    'Tarnsee Hut stands by the lake at 1,720 m and has 34 bunks. Boats are lent for six francs an hour. Trout are served at weekends. Members pay seventeen francs a night, others twenty-eight. Dogs may sleep in the front room for five francs.',
    'What does a night at Tarnsee cost for somebody who is not in the club?',
    'Which hut lets my dog stay indoors?',
  ],
  [
    'hut-tarnsee-way',
    'A chairlift from Ostby ends forty minutes above Tarnsee Hut; it runs from eight to five and not in storms. On foot it takes two and a half hours from the church. The shore path is closed from April to June because cranes breed in the reeds.',
    'What are the hours of the lift at Ostby?',
    'Why is the way along the lake shut in spring?',
  ],
  [
    'huts-booking',
    'Bunks in all huts are booked by telephone or on the page of the club, at most eight weeks ahead. Groups of more than ten pay a third in advance. Who cancels later than two days before pays half; in bad weather that the club has warned of, nothing.',
    'How far in advance can I reserve a bunk?',
    'We were put off by a storm warning, do we still owe the cancellation fee?',
  ],
  [
    'huts-emergency',
    'In an emergency call 1414, or give the alpine signal: six times a minute with a whistle or lamp, a minute of rest, and again. Each hut keeps a stretcher and a radio on channel three. A helicopter lands only where two people wave nobody off: hold both arms up for yes.',
    'What is the alpine distress signal?',
    'How do I show a pilot that we need help?',
  ],
  [
    'huts-waste',
    'What is carried up is carried down: the huts have no bins. The club sells bags for it at a franc. Batteries left behind at Oran Hut in one summer weighed eleven kilos. Kitchens compost their own peel; fruit of guests is not wanted there, for the bears.',
    'Where do I put my rubbish at a hut?',
    'Why should I keep my apple core with me?',
  ],
  [
    'huts-keys',
    'Winter rooms of Vell and Tarnsee are locked. The key is lent at the station kiosk of Ostby for a deposit of fifty francs and returned within a week. Firewood is stacked behind the door; enter what you burned in the book and pay at home.',
    'Where do I get the key for the winter room of Tarnsee?',
    'How do I settle for the logs I used in the cold season?',
  ],
  // Kestrel, a program that makes backups
  [
    'kestrel-init',
    'kestrel init FOLDER makes an empty vault in a folder or a bucket. It asks for a passphrase twice and writes a recovery sheet of twenty-four words. Whoever loses both has lost the vault: nobody can reset a passphrase. Use --no-encrypt only on disks that never leave the house.',
    'What does kestrel init do?',
    'I forgot the password of my vault, can support restore access?',
  ],
  [
    'kestrel-save',
    'kestrel save PATH puts a snapshot of a folder into the vault. Only blocks that have changed are sent. Use --exclude PATTERN, as often as needed, for what shall stay out, and --limit-upload 500K to leave some of the line to others. A snapshot that was cut off goes on where it stopped.',
    'How do I leave out some files with kestrel save?',
    'My backup makes the internet unusable for the family, what can I set?',
  ],
  [
    'kestrel-restore',
    'kestrel restore SNAPSHOT --to FOLDER writes files back. Files that are there already are kept unless --overwrite is given. One file is fetched by --only PATH. Owners and rights are restored where you run it as root; elsewhere a note lists what could not be set.',
    'Which option of kestrel restore replaces existing files?',
    'I deleted a single letter by mistake, how do I get just that one back?',
  ],
  [
    'kestrel-prune',
    'kestrel prune removes old snapshots: --keep-daily 7 --keep-weekly 5 --keep-monthly 12 keeps the last of each day, week and month. Space is given back only after kestrel sweep, which may take hours on a bucket. Try --dry-run first; a removed snapshot cannot be brought back.',
    'How do I keep only the last seven daily snapshots?',
    'I removed old copies but the disk is as full as before, why?',
  ],
  [
    'kestrel-check',
    'kestrel check reads the index of a vault and compares it with what lies there. With --read-data it also reads every block, which costs money on a bucket; --read-data-subset 5% does a part at a time. Run it once a month. It changes nothing.',
    'What does --read-data-subset do?',
    'How can I verify that my copies are not damaged without reading everything at once?',
  ],
  [
    'kestrel-mount',
    'kestrel mount FOLDER shows all snapshots as folders, to look around with any file manager. It needs FUSE, so it is not there on Windows. Files are read only. End it by kestrel unmount or Ctrl+C; a terminal that still stands in the folder keeps it busy.',
    'Does kestrel mount work on Windows?',
    'How can I browse old versions by clicking?',
  ],
  [
    'kestrel-schedule',
    'kestrel schedule add "daily 02:30" PATH runs a save by the timer of the system. A laptop that slept at that time catches up ten minutes after it wakes. On battery nothing runs below 30 percent. kestrel schedule list shows when each ran last and how it ended.',
    'How do I see when the last scheduled save ran?',
    'What happens if my computer is asleep when the nightly copy is due?',
  ],
  [
    'kestrel-lock',
    'E21 vault is locked: another kestrel is writing, or one was killed and left its lock behind. Look with kestrel locks who holds it and since when. If that machine is off for good, kestrel unlock --stale takes away locks older than thirty minutes. Never unlock while a sweep runs.',
    'What does error E21 mean?',
    'It says somebody else is using the vault although nothing runs, what now?',
  ],
  [
    'kestrel-checksum',
    'E34 block does not match its checksum: the disk or the line has changed data. The save goes on and lists the files concerned. Run kestrel repair, which fetches the blocks anew from the source where it still exists. If E34 comes again, test the memory of the machine.',
    'How do I fix E34?',
    'Corrupted data keeps coming up, could the hardware be to blame?',
  ],
  [
    'kestrel-clock',
    'E40 snapshot from the future: the clock of this machine is behind that of another one that writes to the same vault. Set the clock; the snapshots themselves are sound. Up to two minutes of difference are tolerated. prune refuses to run until it is mended.',
    'Why does prune refuse to run with E40?',
    'How much may the time of two computers differ?',
  ],
  [
    'kestrel-space',
    'E52 no space left in the vault: kestrel stops before a snapshot is half written. Remove snapshots and sweep, enlarge the disk, or move the vault by kestrel copy to a larger one. On a bucket E52 means that a quota was reached, which the provider shows, not kestrel.',
    'What can I do about E52?',
    'How do I move everything to a larger disk?',
  ],
  [
    'kestrel-sharing',
    'Several machines may write to one vault. Blocks that two of them have are stored once. Each gets its own key by kestrel key add, which can be taken back by kestrel key remove when a laptop is stolen; the data need not be encrypted anew.',
    'How do I give another machine its own key?',
    'Someone took my notebook, can they still open my backups?',
  ],
  // Machines
  [
    'brio2-descale',
    'Brio 2: descale when the orange lamp blinks, about every 200 cups. Empty the tray, fill the tank with 500 ml of water and one sachet, hold Cup and Steam for three seconds. It takes twenty minutes. Then rinse with two tanks of fresh water. Do not use vinegar: it eats the seals.',
    'How do I start descaling on the Brio 2?',
    'Can I use vinegar against limescale in my small Brio?',
  ],
  [
    'brio5-descale',
    'Brio 5: the display asks for descaling by the hardness that you have set, from 1 to 4. Take out the filter, choose Care, then Descale, and follow the pictures. It needs 1.2 litres and thirty-five minutes and cannot be stopped half way. The filter delays it to once a year.',
    'How long does descaling take on the Brio 5?',
    'How do I tell the Brio 5 that our water is hard?',
  ],
  [
    'brio2-clean',
    'Brio 2: rinse the brew group under warm water once a week, without soap, and let it dry outside the machine. The milk tube is cleaned after each use: draw a glass of water through it. Tray and grounds box may go into the dishwasher, the tank may not.',
    'How often is the brew group of the Brio 2 cleaned?',
    'Which parts of the Brio 2 are allowed in the dishwasher?',
  ],
  [
    'brio5-clean',
    'Brio 5: the brew group is cleaned by a tablet, which the display asks for every 250 cups. The milk jug can be taken apart into five pieces, all fit for the dishwasher. Every evening the machine rinses the milk line by itself if the jug is in place.',
    'How many pieces does the milk jug of the Brio 5 have?',
    'Does the Brio 5 flush the milk pipe on its own?',
  ],
  [
    'brio2-faults',
    'Brio 2: a red lamp that stays on means that no water is drawn: press the tank down firmly, and fill the pump by the steam tap. Red blinking: the tray is full or missing. All lamps at once: pull the plug for ten minutes; if it comes again, send it in.',
    'What does a steady red light on the Brio 2 mean?',
    'Every light on my little coffee maker is on, what should I do?',
  ],
  [
    'brio5-faults',
    'Brio 5: F1 the grinder is jammed, take out the beans and the stone that will be among them. F3 the brew group is not locked, push it until it clicks. F7 too hot, wait for half an hour. F9 the pump runs dry, fill the tank. Other codes are for the workshop.',
    'What does F7 mean on the Brio 5?',
    'There seems to be a pebble in the grinder, which message is that?',
  ],
  [
    'brio-guarantee',
    'The guarantee for Brio machines is two years, for those used in offices one. Limescale, broken jugs and seals are not covered. Send the machine in its box with the bill; carriage is free. A machine on loan can be had for thirty euros while yours is repaired.',
    'How long is the guarantee on a Brio used in an office?',
    'Can I get a replacement while mine is being mended?',
  ],
  [
    'nordal-heat',
    'Nordal 8 heat pump: set the curve, not the room. Start with 0.6 for floors and 1.1 for radiators; if rooms are cold only when it freezes, raise the slope, if they are always cold, shift the whole curve by two degrees. Give the house two days after each change.',
    'Which heating curve is right for radiators with the Nordal 8?',
    'Our rooms are always chilly, what should I alter on the heat pump?',
  ],
  [
    'nordal-defrost',
    'Nordal 8: in damp cold the outer unit ices over and thaws itself for five to eight minutes, with hissing, steam and a puddle. That is no fault. Call us if the ice is thicker than two centimetres, if it thaws more than twice an hour, or if the fan hits it.',
    'How long does the Nordal 8 take to defrost?',
    'Steam rises from the box in the garden in winter, is it broken?',
  ],
  [
    'nordal-noise',
    'Nordal 8: between ten and six the quiet mode holds the fan at 60 percent; the law allows 35 decibels at the window of a neighbour. Rumbling in the house comes from pipes that touch a wall: the rubber sleeves are behind the front cover. Quiet mode costs about 8 percent.',
    'How loud may the heat pump be at night?',
    'I hear a low hum inside the walls since the new heating, what helps?',
  ],
  [
    'nordal-water',
    'Nordal 8: hot water is kept at 48 degrees and heated to 60 once a week against legionella, Sunday at two by default. A full tank does for three showers of eight minutes. Boost in the menu heats at once by the electric rod, which costs three times as much.',
    'At what temperature does the Nordal 8 keep the hot water?',
    'Guests used it all up, how do I get a warm shower quickly?',
  ],
  [
    'nordal-service',
    'Nordal 8: the yearly check is done between May and August and costs 180 euros; without it the guarantee of seven years ends after two. Between checks, brush leaves from the grid and look at the pressure: it should stand between 1.2 and 1.8 bar. Fill up by the blue tap.',
    'What pressure should the Nordal 8 show?',
    'Do I lose my seven years if I skip the inspection?',
  ],
  // Rules of a firm
  [
    'firm-holiday',
    'Everyone has 28 days of holiday a year, from the fifth year on 30. Up to five days may be taken along into the next year and must be used by the end of March. Ask your lead two weeks ahead, four weeks for more than ten days at a stretch.',
    'How many days of holiday do I get after five years?',
    'Can I save unused time off for next spring?',
  ],
  [
    'firm-sick',
    'If you are ill, write to your lead before ten on the first day. A certificate is needed from the fourth day on. Wages are paid for six weeks, then the insurance pays 70 percent. If a child of yours is ill, you have ten days a year at full pay.',
    'From which day do I need a certificate when I am ill?',
    'My daughter caught the flu, do I have to take leave?',
  ],
  [
    'firm-travel',
    'Trips are booked by the travel desk, trains before planes where the ride is under six hours. Second class is the rule, first from four hours on. A day abroad is paid with 40 euros, a day at home with 28, less meals that were paid for. Taxis need a reason.',
    'How much is paid per day for a trip abroad?',
    'May I fly to a city that is five hours away by rail?',
  ],
  [
    'firm-expenses',
    'Hand in bills within sixty days in the app, one photograph for each. What costs more than 250 euros needs the yes of your lead beforehand. Money comes with the next wages if the bill is there by the 20th. Lost a bill? Write what, where and why, up to 50 euros.',
    'By when must I hand in my bills?',
    'I no longer have the receipt for lunch with a client, will I be repaid?',
  ],
  [
    'firm-home',
    'You may work from home three days a week, from another country of the union 20 days a year; tell the office two weeks before, because of taxes. The firm pays for a chair and a screen, up to 600 euros once. On Wednesdays all come to the office.',
    'How many days a week may I work from home?',
    'Can I log in from our summer flat in Spain for a fortnight?',
  ],
  [
    'firm-parents',
    'Parents have 14 weeks at full pay around a birth, both of them, and may stay away for up to three years without pay; the post is kept. Tell us seven weeks before it begins. Coming back part-time is possible with at least 15 hours a week.',
    'How long is parental leave at full pay?',
    'After the baby I would like to work fewer hours, is there a minimum?',
  ],
  [
    'firm-passwords',
    'Passwords have at least 14 characters and live in the vault program, not in files or chats. Turn on the second factor by an app or a key, not by text message. Nobody from the firm will ever ask for yours. If you have typed it into a wrong page, call 300 at once.',
    'How long must a password be?',
    'I entered my login on a fake site, whom do I ring?',
  ],
  [
    'firm-laptop',
    'Laptops are encrypted and renewed every four years; the old one can be bought for 100 euros. Lock the screen when you get up. If one is lost, report it within an hour by telephone 300, also at night: it is wiped from afar. Private use is fine, lending it is not.',
    'How often are laptops replaced?',
    'May my brother borrow my work computer for the weekend?',
  ],
  [
    'firm-visitors',
    'Visitors are announced the day before, sign at the desk and wear a green badge. They are fetched and taken back to the door by their host, and do not enter the third floor, where the laboratory is. Photographs only in the entrance hall.',
    'What colour is the badge of visitors?',
    'Can I show my parents the lab?',
  ],
  [
    'firm-training',
    'Each of us has five days and 1,500 euros a year for learning: courses, conferences, books. What is not used lapses in December. For an examination you get one more day. If a course costs more than 5,000 euros, you stay for two years or pay back a part.',
    'How much money is there for courses each year?',
    'If I quit soon after an expensive seminar, what happens?',
  ],
  [
    'firm-leaving',
    'Notice is given in writing, by you with one month, by the firm with one to seven, by years of service. On the last day hand in laptop, badge and keys to room 12. A reference is written without being asked for. Holiday that is left is taken or paid.',
    'Where do I hand in my badge on the last day?',
    'How early do I have to say that I am resigning?',
  ],
  [
    'firm-bicycle',
    'The firm leases bicycles: you pay 1 percent of the price a month from your wages before tax, for 36 months, then you may buy it for 18 percent. Insurance is in it, flat tyres are not. Whoever comes by bicycle on 100 days a year gets a day off.',
    'What does a leased bicycle cost a month?',
    'Is there any reward for cycling to work?',
  ],
  [
    'firm-gifts',
    'Presents up to 35 euros a year from one giver may be kept, except money, which never may. Anything dearer is handed in and raffled at the summer feast for a good cause. Invitations to meals are fine while no contract with the host is being decided.',
    'Up to what value may I keep presents?',
    'A supplier wants to take me to dinner, is that all right?',
  ],
  [
    'firm-canteen',
    'The canteen serves from half past eleven to two; a meal is 6.50, soup alone 2.20, and the firm adds 2 euros by the card. There is always one dish without meat and one without gluten. Order food for meetings the day before by noon, from eight people on.',
    'What does the soup cost in the canteen?',
    'Is lunch for those who live as vegetarians on offer?',
  ],
]

const documents = competingPages.map(([name, text]) => ({ path: `${name}.txt`, text }))

/** Every other page's questions, by which searches may be chosen. All pages are searched. */
export const competingSet = halfOf('competing pages, for choosing', 0)
/** Those of the other pages, by which nothing may be chosen. */
export const competingHeldOut = halfOf('competing pages, held out', 1)

function halfOf(name: string, half: 0 | 1): RetrievalSet {
  const own = competingPages.filter((_, index) => index % 2 === half)
  const questions = own.flatMap(([page, , question, other]) =>
    [question, other].map((text, index) => ({ id: `${page}-${index + 1}`, question: text, relevant: [`${page}.txt`] })),
  )
  return { name, documents, questions }
}
