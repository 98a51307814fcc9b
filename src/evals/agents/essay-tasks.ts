/**
 * Essays to be written, with what a good one says. A point is a phrase or any of several; the verifier of an agent knows `required` and
 * `forbidden`, the grader also `hidden`: who only copies what it is told gains nothing there.
 */
export interface EssayTask {
  readonly id: string
  readonly task: string
  readonly required: readonly (string | readonly string[])[]
  readonly hidden: readonly (string | readonly string[])[]
  /** Errors and phrases that many fall for. */
  readonly forbidden: readonly (string | readonly string[])[]
  readonly words: { readonly least: number; readonly most: number }
}

const words = { least: 80, most: 180 }
const stockPhrases = ['as an ai', 'in conclusion', 'in today’s world', "in today's world"]

const essay = (
  id: string,
  task: string,
  points: Pick<EssayTask, 'required' | 'hidden'> & { readonly forbidden?: EssayTask['forbidden'] },
): EssayTask => ({
  id,
  task: `${task} Write 80 to 180 words of plain prose.`,
  required: points.required,
  hidden: points.hidden,
  forbidden: [stockPhrases, ...(points.forbidden ?? [])],
  words,
})

export const essayTasks: readonly EssayTask[] = [
  essay('tides', 'Explain why the sea has tides.', {
    required: [
      ['gravity', 'gravitational'],
      ['moon', 'lunar'],
      ['twice a day', 'two high tides', 'about twelve hours', '12 hours'],
    ],
    hidden: [
      ['sun', 'solar'],
      ['spring tide', 'neap'],
      ['rotat', 'turns'],
    ],
    forbidden: [['magnet', 'wind causes']],
  }),
  essay('seasons', 'Explain why the earth has seasons.', {
    required: [['tilt', 'inclin'], ['axis'], ['hemisphere']],
    hidden: [
      ['longer days', 'days are longer', 'day length', 'hours of daylight'],
      ['angle', 'slant', 'direct'],
      ['equator', 'tropics'],
    ],
    forbidden: [['closer to the sun in summer', 'because the earth is closer', 'nearer to the sun in summer']],
  }),
  essay('blue-sky', 'Explain to a child of twelve why the sky is blue.', {
    required: [['scatter'], ['sunlight', 'light from the sun'], ['molecule', 'gas', 'air']],
    hidden: [
      ['wavelength', 'short waves', 'shorter'],
      ['sunset', 'evening', 'sunrise'],
      ['violet', 'red'],
    ],
    forbidden: [['reflects the ocean', 'reflection of the sea', 'reflection of the ocean']],
  }),
  essay('bread', 'Explain how yeast makes bread rise.', {
    required: [['carbon dioxide', 'co2'], ['sugar', 'starch'], ['dough']],
    hidden: [['gluten', 'protein'], ['ferment'], ['warm', 'temperature'], ['oven', 'bake']],
    forbidden: [['baking powder']],
  }),
  essay('bees', 'Describe what honeybees do for farmers.', {
    required: [['pollinat'], ['pollen'], ['fruit', 'crop', 'almond', 'apple']],
    hidden: [['nectar'], ['hive', 'colon'], ['harvest', 'yield'], ['pesticide', 'mite', 'decline']],
  }),
  essay('vaccines', 'Explain how a vaccine protects a person from a disease.', {
    required: [
      ['immune system'],
      ['antibod'],
      ['weakened', 'harmless', 'part of the virus', 'part of the germ', 'inactivated', 'piece of'],
    ],
    hidden: [['memory'], ['virus', 'bacteri', 'germ'], ['later', 'next time', 'again', 'future']],
    forbidden: [['cures the disease', 'kills the virus directly', 'antibiotic']],
  }),
  essay('recycling-glass', 'Argue for recycling glass.', {
    required: [['melt'], ['sand', 'raw material'], ['energy']],
    hidden: [
      ['again and again', 'endless', 'without losing', 'indefinite'],
      ['landfill', 'waste'],
      ['colour', 'color', 'sort'],
    ],
    forbidden: [['plastic is better']],
  }),
  essay('compass', 'Explain how a magnetic compass finds north.', {
    required: [['needle'], ['magnetic field'], ['north']],
    hidden: [
      ['core', 'iron'],
      ['true north', 'declination', 'geographic'],
      ['pivot', 'turns freely', 'freely', 'swing'],
    ],
    forbidden: [['gps', 'satellite']],
  }),
  essay('printing', 'Describe how the printing press changed Europe.', {
    required: [['gutenberg'], ['movable type', 'metal type', 'moveable type'], ['books']],
    hidden: [
      ['cheap', 'price', 'cost'],
      ['reformation', 'luther'],
      ['read', 'literacy'],
      ['fifteenth', '15th', '1450', '1440'],
    ],
    forbidden: [['newspaper in rome']],
  }),
  essay('ice-floats', 'Explain why ice floats on water and why that matters to fish.', {
    required: [['dens'], ['expand', 'more space', 'larger volume'], ['fish']],
    hidden: [
      ['bottom'],
      ['4 degrees', 'four degrees', '4 °c', '4°c'],
      ['hydrogen bond', 'crystal', 'lattice'],
      ['insulat', 'layer'],
    ],
    forbidden: [['ice is heavier', 'ice is denser']],
  }),
  essay('sleep', 'Explain why people need sleep.', {
    required: [['brain'], ['memor'], ['hour']],
    hidden: [
      ['hormone', 'growth', 'repair'],
      ['immune', 'ill', 'sick'],
      ['mood', 'concentrat', 'attention'],
      ['dream', 'rem sleep'],
    ],
    forbidden: [['sleep is a waste', 'the brain switches off', 'brain shuts down']],
  }),
  essay('library', 'Argue that a town should keep its public library.', {
    required: [['free'], ['children', 'students'], ['books']],
    hidden: [
      ['internet', 'computer'],
      ['meet', 'community'],
      ['quiet', 'study', 'learn'],
      ['tax', 'cost', 'budget'],
    ],
  }),
  essay('bicycle', 'Argue for more cycle paths in a city.', {
    required: [['safe'], ['health', 'exercise'], ['traffic', 'congestion', 'cars']],
    hidden: [
      ['air', 'emission', 'pollution'],
      ['space', 'parking'],
      ['cheap', 'cost', 'money'],
      ['children', 'elderly', 'older'],
    ],
  }),
  essay('volcano', 'Describe how a volcano comes to erupt.', {
    required: [['magma'], ['pressure'], ['gas']],
    hidden: [['plate'], ['lava'], ['mantle', 'crust'], ['ash']],
    forbidden: [['burning mountain', 'fire inside the earth']],
  }),
  essay('rainbow', 'Explain how a rainbow forms.', {
    required: [['refract', 'bend', 'bent'], ['drop'], ['sun']],
    hidden: [['reflect'], ['behind', 'back to the sun'], ['wavelength', 'colour', 'color'], ['42', 'angle']],
    forbidden: [['pot of gold']],
  }),
  essay('photosynthesis', 'Explain how a leaf makes sugar out of light.', {
    required: [['chlorophyll'], ['carbon dioxide'], ['water']],
    hidden: [['oxygen'], ['glucose', 'starch'], ['stomata', 'pores', 'openings'], ['chloroplast', 'cell']],
    forbidden: [['plants breathe in oxygen to make sugar', 'from the soil it takes its sugar']],
  }),
  essay('bridge', 'Describe how a suspension bridge carries its load.', {
    required: [['cable'], ['tower'], ['tension']],
    hidden: [['anchor'], ['deck', 'roadway'], ['compress'], ['hanger', 'vertical', 'suspender']],
  }),
  essay('map', 'Explain why every flat map of the world is wrong somewhere.', {
    required: [['sphere', 'round', 'globe'], ['distort', 'stretch'], ['projection']],
    hidden: [['mercator'], ['greenland', 'africa', 'antarctica'], ['area', 'size'], ['angle', 'shape', 'direction']],
    forbidden: [['the earth is flat']],
  }),
  essay('coffee', 'Describe the way of coffee from the plant to the cup.', {
    required: [['roast'], ['bean', 'seed'], ['grind', 'ground']],
    hidden: [['cherr', 'fruit'], ['dry', 'dried'], ['water'], ['brazil', 'ethiopia', 'colombia', 'vietnam', 'tropic']],
  }),
  essay('battery', 'Explain how a battery drives a torch.', {
    required: [['electron'], ['chemical'], ['circuit']],
    hidden: [
      ['anode', 'cathode', 'electrode', 'terminal'],
      ['current'],
      ['bulb', 'led', 'lamp'],
      ['used up', 'empty', 'flat'],
    ],
    forbidden: [['stores electricity like a tank', 'electrons are created']],
  }),
  essay('dinosaurs', 'Explain why most dinosaurs died out.', {
    required: [
      ['asteroid', 'meteor', 'impact'],
      ['66 million', '65 million'],
      ['dust', 'soot', 'sunlight'],
    ],
    hidden: [['plants', 'food'], ['bird'], ['crater', 'chicxulub', 'mexico', 'yucat'], ['volcan', 'iridium']],
    forbidden: [['cavemen', 'people hunted', 'hunted by humans']],
  }),
  essay('inflation', 'Explain to a pupil what inflation is.', {
    required: [['prices'], ['money'], ['buy', 'purchas']],
    hidden: [
      ['percent', '%', 'per cent'],
      ['wage', 'salar', 'saving'],
      ['central bank', 'interest'],
      ['basket', 'average'],
    ],
    forbidden: [['prices always fall', 'inflation means that one price']],
  }),
  essay('handwashing', 'Explain why washing hands with soap keeps people well.', {
    required: [['soap'], ['germ', 'bacteri', 'virus'], ['20 seconds', 'twenty seconds', 'half a minute']],
    hidden: [
      ['fat', 'grease', 'oil', 'lipid'],
      ['before eating', 'before meals', 'toilet'],
      ['rinse', 'water'],
      ['dry', 'towel'],
    ],
    forbidden: [['soap is an antibiotic']],
  }),
  essay('chess', 'Explain to a beginner how a game of chess is won.', {
    required: [['checkmate'], ['king'], ['attack', 'check']],
    hidden: [['resign'], ['draw', 'stalemate'], ['pawn', 'queen'], ['time', 'clock']],
    forbidden: [['capture the king', 'takes the king', 'king is captured']],
  }),
  essay('desert', 'Describe how plants and animals live in a hot desert.', {
    required: [['water'], ['night', 'nocturnal'], ['cactus', 'cacti', 'root']],
    hidden: [['camel', 'fox', 'lizard', 'snake'], ['burrow', 'shade', 'underground'], ['store'], ['seed', 'rain']],
  }),
  essay('silk-road', 'Describe what the Silk Road was.', {
    required: [['china'], ['trade', 'merchant'], ['silk']],
    hidden: [
      ['rome', 'mediterranean', 'europe'],
      ['camel', 'caravan'],
      ['buddhis', 'religion', 'idea'],
      ['spice', 'horse', 'paper'],
    ],
    forbidden: [['a single road paved', 'railway']],
  }),
  essay('clouds', 'Explain how a cloud forms and why it rains.', {
    required: [['evaporat', 'vapour', 'vapor'], ['condens'], ['cool', 'cold']],
    hidden: [
      ['dust', 'particle', 'nuclei'],
      ['droplet', 'drop'],
      ['heavy', 'fall'],
      ['rise', 'rising'],
    ],
    forbidden: [['clouds are made of smoke', 'clouds are steam']],
  }),
  essay('school-garden', 'Argue that a school should have a garden.', {
    required: [
      ['vegetable', 'plants', 'grow'],
      ['learn', 'lesson', 'science'],
      ['outdoor', 'outside', 'fresh air'],
    ],
    hidden: [
      ['eat', 'food', 'healthy'],
      ['together', 'team', 'responsib'],
      ['insect', 'bee', 'nature'],
      ['cost', 'holiday', 'water'],
    ],
  }),
  essay('lens', 'Explain how spectacles help someone who is short-sighted.', {
    required: [['lens'], ['retina'], ['focus']],
    hidden: [['concave', 'diverg', 'spread'], ['in front of'], ['distan', 'far'], ['eyeball', 'cornea', 'too long']],
    forbidden: [['cure', 'convex lens corrects short']],
  }),
  essay('night-shift', 'Argue that a hospital should plan night shifts with care.', {
    required: [
      ['sleep', 'rest', 'tired'],
      ['mistake', 'error'],
      ['nurse', 'doctor', 'staff'],
    ],
    hidden: [
      ['patient'],
      ['rota', 'schedule', 'rotation'],
      ['break', 'nap', 'pause'],
      ['health', 'body clock', 'circadian'],
    ],
  }),
]
