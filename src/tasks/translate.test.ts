import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scriptedModel } from '../testing/index.ts'
import type { Translator } from '../tools/steps/step.ts'
import { OstroError } from '../util/error.ts'
import { detectLanguage, findLanguage } from './language.ts'
import { languagePhrases } from './language-phrases.ts'
import { protectedTexts } from './protected-spans.ts'
import { isLooping, translate } from './translate.ts'

const german = 'Das alte Haus steht am Fluss. Im Winter ist es dort sehr kalt.'

/** Speaks in capitals; `change` is what it does to them. */
function capitals(change: (text: string) => string = (text) => text): Translator & { asked: unknown[] } {
  const asked: unknown[] = []
  return {
    asked,
    translate: async (text, { from, to }) => {
      asked.push([text, from, to])
      return { text: change(text.toUpperCase()) }
    },
  }
}

describe('translate', () => {
  it('keeps paragraphs, code, addresses, placeholders and numbers', async () => {
    const text =
      'Das alte Haus kostet 1.250,50 Kronen.\n\n  Siehe https://a.example/b?c=1 oder {name}. Tippe `npm start` ein!\n'
    const result = await translate(scriptedModel(), text, { to: 'en', from: 'de', translator: capitals() })
    expect(result).toMatchObject({
      from: 'de',
      to: 'en',
      text: 'DAS ALTE HAUS KOSTET 1.250,50 KRONEN.\n\n  SIEHE https://a.example/b?c=1 ODER {name}. TIPPE `npm start` EIN!\n',
    })
  })

  it('warns where the model does not know which translations are right', async () => {
    const [english, spoken] = [languagePhrases['en'] ?? [], languagePhrases['de'] ?? []]
    /** Finds the translations of the first sentences. */
    const warningsWith = async (known: number) => {
      const score = (prompt: string, continuation: string): number =>
        spoken.slice(0, known).some((one, at) => prompt.includes(one) && continuation === ` ${english[at]}`) ? -1 : -9
      const { warnings } = await translate(scriptedModel({ score }), german, { to: 'en', from: 'de' })
      return warnings.map(({ code }) => code)
    }
    expect([await warningsWith(8), await warningsWith(5)]).toEqual([[], ['language-unknown']])
  })

  it('tells how many sentences came back as they were', async () => {
    const answers = ({ text }: { text: string }) =>
      text.includes('Winter') ? 'Im Winter ist es dort sehr kalt.' : 'It is old.'
    const result = await translate(scriptedModel({ answers, can: { score: false } }), german, { to: 'en', from: 'de' })
    expect(result.warnings).toEqual([{ code: 'untranslated', message: '1 of 2 sentences came back as they were.' }])
  })

  it('keeps them byte for byte whatever a translator does to them', async () => {
    const piece = fc.constantFrom(
      'wort',
      '`x = 1`',
      'https://a.example/q',
      '{id}',
      '12,5',
      '7',
      '<b>',
      'X1',
      'a@b.example',
    )
    const broken = fc.constantFrom(
      (text: string) => text.replaceAll(/\b([XQ])(\d)/g, '$2$1'),
      (text: string) => text.replaceAll(/\d/g, '9'),
      (text: string) => `${text} ${text}`,
      () => 'NICHTS',
    )
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(piece, { minLength: 1, maxLength: 3 }), broken, async (parts, change) => {
        const text = `haus ${parts.join(' ')} fluss`
        const result = await translate(scriptedModel(), text, { to: 'en', from: 'de', translator: capitals(change) })
        expect(protectedTexts(result.text)).toEqual(protectedTexts(text))
      }),
      { numRuns: 100 },
    )
  })

  it('spells languages as the translator knows them', async () => {
    const asked: unknown[] = []
    const nllb: Translator = {
      translate: async (text, { from, to }) => {
        asked.push(to)
        if (to !== 'eng_Latn' || from !== 'deu_Latn') throw new OstroError('invalid-argument', 'no such language')
        return { text: text.toUpperCase() }
      },
    }
    const { text, from } = await translate(scriptedModel(), german, { to: 'English', translator: nllb })
    expect([text, from]).toEqual([german.toUpperCase(), 'de'])
    expect(asked).toEqual(['en', 'eng_Latn', 'eng_Latn'])
    await expect(translate(scriptedModel(), german, { to: 'fr', translator: nllb })).rejects.toMatchObject({
      code: 'language-unsupported',
      fields: { languages: expect.arrayContaining(['de', 'fr']) },
    })
  })

  it('makes a translation that runs in circles once more, then gives up', async () => {
    const loop = 'again and again and again and again and again and again'
    const model = scriptedModel({
      answers: [loop, 'The old house stands by the river.', 'It is cold there in winter.'],
    })
    expect((await translate(model, german, { to: 'en' })).text).toBe(
      'The old house stands by the river. It is cold there in winter.',
    )
    await expect(translate(scriptedModel({ answers: [loop] }), german, { to: 'en' })).rejects.toMatchObject({
      code: 'no-candidate',
    })
    expect(isLooping('ha ha ha, 1000000', 'xx')).toBe(false)
  })

  it('shows base models translations first', async () => {
    const model = scriptedModel({ answers: [' The house.\n\nGerman: x'], can: { chat: false } })
    expect((await translate(model, 'Das Haus steht am Fluss.', { to: 'en' })).text).toBe('The house.')
    expect(model.requests[0].text).toContain('German: Das Haus ist alt.\nEnglish: The house is old.')
  })

  it('leaves a text alone that is in the language already', async () => {
    const result = await translate(scriptedModel(), german, { to: 'de' })
    expect(result).toMatchObject({ text: german, warnings: [{ code: 'same-language' }], spent: { modelCalls: 0 } })
  })

  it('refuses an empty text and an unknown language', async () => {
    await expect(translate(scriptedModel(), ' ', { to: 'de' })).rejects.toMatchObject({ code: 'input-empty' })
    await expect((async () => findLanguage('klingon'))()).rejects.toMatchObject({
      code: 'language-unsupported',
      fields: { language: 'klingon' },
    })
  })
})

it.each([
  [german, 'de'],
  ['The museum opens at nine and closes at five.', 'en'],
  ['Le mus\u00e9e ouvre \u00e0 neuf heures et ferme \u00e0 cinq heures.', 'fr'],
  ['\u4eca\u65e5\u306f\u5929\u6c17\u304c\u3044\u3044\u3067\u3059', 'ja'],
  [
    '\u041c\u0443\u0437\u0435\u0439 \u043e\u0442\u043a\u0440\u044b\u0432\u0430\u0435\u0442\u0441\u044f \u0432 \u0434\u0435\u0432\u044f\u0442\u044c \u0447\u0430\u0441\u043e\u0432.',
    'ru',
  ],
  ['OK', undefined],
])('tells that %j is %s', (text, code) => {
  expect(detectLanguage(text)?.code).toBe(code)
})
