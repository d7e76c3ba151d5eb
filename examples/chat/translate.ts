// A translator for demonstrations: word for word, from English, by a list of everyday words. It
// knows no grammar and says which words it does not know.

const languages = ['de', 'fr', 'es'] as const

export type Language = (typeof languages)[number]

export const isLanguage = (value: unknown): value is Language =>
  languages.some((language) => language === value)

export interface Translated {
  readonly content: string
  /** Words that stayed as they were, each once, in lower case. */
  readonly untranslated: readonly string[]
}

/** English, then German, French and Spanish. */
const wordList = `
  a ein un un
  again wieder encore otra·vez
  all alle tous todos
  and und et y
  are sind sont son
  at um à a
  bad schlecht mauvais malo
  big groß grand grande
  bread Brot pain pan
  coffee Kaffee café café
  day Tag jour día
  everyone alle tout·le·monde todos
  for für pour para
  friend Freund ami amigo
  from von de de
  good gut bon bueno
  goodbye tschüss au·revoir adiós
  have haben avoir tener
  he er il él
  hello hallo bonjour hola
  help Hilfe aide ayuda
  here hier ici aquí
  house Haus maison casa
  how wie comment cómo
  i ich je yo
  in in dans en
  is ist est es
  it es il lo
  later später plus·tard más·tarde
  lunch Mittagessen déjeuner almuerzo
  many viele beaucoup muchos
  message Nachricht message mensaje
  morning Morgen matin mañana
  my mein mon mi
  new neu nouveau nuevo
  night Nacht nuit noche
  no nein non no
  not nicht pas no
  now jetzt maintenant ahora
  of von de de
  okay okay d’accord vale
  one eins un uno
  or oder ou o
  please bitte s’il·vous·plaît por·favor
  ready fertig prêt listo
  release Veröffentlichung version versión
  see sehen voir ver
  she sie elle ella
  small klein petit pequeño
  soon bald bientôt pronto
  sorry Entschuldigung désolé perdón
  tea Tee thé té
  thanks danke merci gracias
  that das cela eso
  the der le el
  there dort là allí
  they sie ils ellos
  this dies ce esto
  three drei trois tres
  time Zeit temps tiempo
  to zu à a
  today heute aujourd’hui hoy
  tomorrow morgen demain mañana
  two zwei deux dos
  very sehr très muy
  wait warten attendre esperar
  was war était era
  water Wasser eau agua
  we wir nous nosotros
  welcome willkommen bienvenue bienvenidos
  what was quoi qué
  when wann quand cuándo
  where wo où dónde
  who wer qui quién
  why warum pourquoi por·qué
  with mit avec con
  world Welt monde mundo
  yes ja oui sí
  yesterday gestern hier ayer
  you du tu tú
`

const words: ReadonlyMap<string, Readonly<Record<Language, string>>> = new Map(
  wordList
    .trim()
    .split('\n')
    .map((line) => {
      const [english = '', de = '', fr = '', es = ''] = line.trim().split(' ')
      return [english, { de: spaced(de), fr: spaced(fr), es: spaced(es) }]
    }),
)

/** Swaps every known word and leaves all else, punctuation too, where it stands. */
export function translate(content: string, target: Language): Translated {
  const untranslated = new Set<string>()
  const swapped = content.replaceAll(/\p{L}+/gu, (word) => {
    const known = words.get(word.toLowerCase())
    if (known === undefined) {
      untranslated.add(word.toLowerCase())
      return word
    }
    return startsUpper(word) ? upperFirst(known[target]) : known[target]
  })
  return { content: swapped, untranslated: [...untranslated] }
}

function spaced(word: string): string {
  return word.replaceAll('·', ' ')
}

function startsUpper(word: string): boolean {
  return word[0] !== word[0]?.toLowerCase()
}

function upperFirst(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
