const names = new Intl.DisplayNames(["en"], { type: "language", languageDisplay: "standard" });

export function languageName(tag: string): string {
  try {
    return names.of(tag.replace(/-x-.*/, "")) ?? tag; // what follows -x- is private: it has no name
  } catch {
    return tag;
  }
}

export function baseOf(tag: string): string {
  return (tag.split("-")[0] ?? tag).toLowerCase();
}

/** Base languages of some tags by name, each once. */
export function baseLanguages(tags: Iterable<string>): { tag: string; name: string }[] {
  const found = [...new Set([...tags].map(baseOf))].map((tag) => ({ tag, name: languageName(tag) }));
  return found.sort((one, other) => one.name.localeCompare(other.name));
}

const SENTENCES: Record<string, string> = {
  ar: "مرحبا، هكذا أبدو عندما أقرأ جملة بصوت عالٍ.",
  cs: "Dobrý den, takhle zním, když čtu větu nahlas.",
  da: "Hej, sådan lyder jeg, når jeg læser en sætning højt.",
  de: "Hallo, so klinge ich, wenn ich einen Satz vorlese.",
  el: "Γεια σας, έτσι ακούγομαι όταν διαβάζω μια πρόταση.",
  en: "Hello, this is how I sound when I read a sentence aloud.",
  es: "Hola, así sueno cuando leo una frase en voz alta.",
  fi: "Hei, tältä kuulostan, kun luen lauseen ääneen.",
  fr: "Bonjour, voici ma voix quand je lis une phrase.",
  hi: "नमस्ते, जब मैं एक वाक्य पढ़ता हूँ तो मेरी आवाज़ ऐसी होती है।",
  id: "Halo, beginilah suara saya saat membaca kalimat.",
  it: "Ciao, questa è la mia voce quando leggo una frase.",
  ja: "こんにちは。文章を読むと、こんな声になります。",
  ko: "안녕하세요, 문장을 읽으면 이런 목소리입니다.",
  nl: "Hallo, zo klink ik als ik een zin voorlees.",
  pl: "Dzień dobry, tak brzmię, gdy czytam zdanie na głos.",
  pt: "Olá, é assim que eu soo quando leio uma frase.",
  ru: "Здравствуйте, так я звучу, когда читаю предложение вслух.",
  sv: "Hej, så här låter jag när jag läser en mening högt.",
  th: "สวัสดี นี่คือเสียงของฉันเมื่ออ่านประโยค",
  tr: "Merhaba, bir cümle okuduğumda sesim böyle.",
  uk: "Вітаю, так я звучу, коли читаю речення вголос.",
  vi: "Xin chào, đây là giọng của tôi khi đọc một câu.",
  zh: "你好，这就是我朗读一句话时的声音。",
};
const SAME: Record<string, string> = { cmn: "zh", yue: "zh", wuu: "zh", nan: "zh", hak: "zh" };

/** A sentence to try a voice with, in the first of its languages that we have one of; English first where it speaks that. */
export function sampleSentence(tags: readonly string[]): string {
  const bases = tags.map(baseOf).map((base) => SAME[base] ?? base);
  const spoken = bases.includes("en") ? "en" : bases.find((base) => base in SENTENCES);
  return SENTENCES[spoken ?? "en"] as string;
}
