/**
 * Short sentences in four languages, translated by whoever wrote them: each is asked for in one direction of each pair with English, in turn.
 * Every second sentence is held out.
 */
import type { SuiteItem } from './text-suite.ts'

export interface TranslationItem extends SuiteItem {
  readonly text: string
  readonly from: string
  readonly to: string
  readonly reference: string
}

/** English, German, French, Spanish. */
const sentences =
  `The train to the coast leaves at nine. | Der Zug an die Küste fährt um neun ab. | Le train pour la côte part à neuf heures. | El tren a la costa sale a las nueve.
My sister works in a small bookshop. | Meine Schwester arbeitet in einem kleinen Buchladen. | Ma sœur travaille dans une petite librairie. | Mi hermana trabaja en una pequeña librería.
It has been raining since Monday. | Es regnet seit Montag. | Il pleut depuis lundi. | Llueve desde el lunes.
Can you help me carry this table? | Kannst du mir helfen, diesen Tisch zu tragen? | Peux-tu m'aider à porter cette table ? | ¿Puedes ayudarme a llevar esta mesa?
The soup is too salty for me. | Die Suppe ist mir zu salzig. | La soupe est trop salée pour moi. | La sopa está demasiado salada para mí.
We are going to visit our grandparents on Sunday. | Am Sonntag besuchen wir unsere Großeltern. | Nous allons rendre visite à nos grands-parents dimanche. | El domingo vamos a visitar a nuestros abuelos.
I have lost my keys. | Ich habe meine Schlüssel verloren. | J'ai perdu mes clés. | He perdido mis llaves.
How much does this coat cost? | Wie viel kostet dieser Mantel? | Combien coûte ce manteau ? | ¿Cuánto cuesta este abrigo?
The museum is closed on Tuesdays. | Das Museum ist dienstags geschlossen. | Le musée est fermé le mardi. | El museo está cerrado los martes.
She learned to swim when she was five. | Sie hat mit fünf Jahren schwimmen gelernt. | Elle a appris à nager à l'âge de cinq ans. | Aprendió a nadar cuando tenía cinco años.
Please close the window. | Bitte mach das Fenster zu. | Ferme la fenêtre, s'il te plaît. | Cierra la ventana, por favor.
The children are playing in the garden. | Die Kinder spielen im Garten. | Les enfants jouent dans le jardin. | Los niños juegan en el jardín.
He drinks two cups of coffee every morning. | Er trinkt jeden Morgen zwei Tassen Kaffee. | Il boit deux tasses de café chaque matin. | Bebe dos tazas de café cada mañana.
I do not understand this question. | Ich verstehe diese Frage nicht. | Je ne comprends pas cette question. | No entiendo esta pregunta.
The bridge was built a hundred years ago. | Die Brücke wurde vor hundert Jahren gebaut. | Le pont a été construit il y a cent ans. | El puente fue construido hace cien años.
Our neighbours have three cats and a dog. | Unsere Nachbarn haben drei Katzen und einen Hund. | Nos voisins ont trois chats et un chien. | Nuestros vecinos tienen tres gatos y un perro.
The new teacher speaks very quietly. | Die neue Lehrerin spricht sehr leise. | La nouvelle professeure parle très doucement. | La nueva profesora habla muy bajo.
You can pay by card or in cash. | Sie können mit Karte oder bar bezahlen. | Vous pouvez payer par carte ou en espèces. | Puede pagar con tarjeta o en efectivo.
The road is blocked because of the snow. | Die Straße ist wegen des Schnees gesperrt. | La route est bloquée à cause de la neige. | La carretera está cortada por la nieve.
I would like a room with a view of the lake. | Ich hätte gern ein Zimmer mit Blick auf den See. | Je voudrais une chambre avec vue sur le lac. | Quisiera una habitación con vistas al lago.
Nobody answered the telephone. | Niemand ging ans Telefon. | Personne n'a répondu au téléphone. | Nadie contestó al teléfono.
The milk is in the fridge. | Die Milch ist im Kühlschrank. | Le lait est dans le réfrigérateur. | La leche está en la nevera.
They want to move to the countryside next year. | Nächstes Jahr wollen sie aufs Land ziehen. | Ils veulent déménager à la campagne l'année prochaine. | El año que viene quieren mudarse al campo.
This book is more interesting than the film. | Dieses Buch ist interessanter als der Film. | Ce livre est plus intéressant que le film. | Este libro es más interesante que la película.
Why did you leave so early? | Warum bist du so früh gegangen? | Pourquoi es-tu parti si tôt ? | ¿Por qué te fuiste tan temprano?
The doctor told him to rest. | Der Arzt hat ihm gesagt, er solle sich ausruhen. | Le médecin lui a dit de se reposer. | El médico le dijo que descansara.
There is a market in front of the church on Saturdays. | Samstags ist vor der Kirche Markt. | Le samedi, il y a un marché devant l'église. | Los sábados hay un mercado delante de la iglesia.
My phone does not work any more. | Mein Handy funktioniert nicht mehr. | Mon téléphone ne marche plus. | Mi teléfono ya no funciona.
We ate fish and potatoes for dinner. | Zum Abendessen gab es bei uns Fisch und Kartoffeln. | Au dîner, nous avons mangé du poisson et des pommes de terre. | Cenamos pescado con patatas.
The red bicycle belongs to my brother. | Das rote Fahrrad gehört meinem Bruder. | Le vélo rouge appartient à mon frère. | La bicicleta roja es de mi hermano.
She wrote him a long letter from Portugal. | Sie schrieb ihm einen langen Brief aus Portugal. | Elle lui a écrit une longue lettre du Portugal. | Ella le escribió una larga carta desde Portugal.
If the weather is good, we will walk. | Wenn das Wetter gut ist, gehen wir zu Fuß. | S'il fait beau, nous irons à pied. | Si hace buen tiempo, iremos a pie.
The shop around the corner sells fresh bread. | Der Laden um die Ecke verkauft frisches Brot. | Le magasin du coin vend du pain frais. | La tienda de la esquina vende pan fresco.
I am looking forward to your visit. | Ich freue mich auf deinen Besuch. | Je me réjouis de ta visite. | Espero tu visita con ilusión.`
    .split('\n')
    .map((line) => line.split(' | '))

const languages = ['de', 'fr', 'es']

export const translationItems: readonly TranslationItem[] = sentences.flatMap((sentence, index) =>
  languages.map((language, at): TranslationItem => {
    const [english, other] = [sentence[0], sentence[at + 1]]
    const intoEnglish = (index >> 1) % 2 === at % 2
    return {
      id: intoEnglish ? `${language}-en-${index}` : `en-${language}-${index}`,
      half: index % 2 === 0 ? 'development' : 'held-out',
      text: intoEnglish ? other : english,
      from: intoEnglish ? language : 'en',
      to: intoEnglish ? 'en' : language,
      reference: intoEnglish ? english : other,
    }
  }),
)
