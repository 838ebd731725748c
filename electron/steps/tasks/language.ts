/**
 * Guesses the language of a text: by its script where only one language is written in it, else by the short words that
 * every text of a language is full of. No model; a short or mixed text gets a low confidence, or no language at all.
 */

export interface LanguageGuess {
  /** ISO 639-1, or `und` when nothing fits. */
  language: string;
  /** From 0 to 1: how much of what was recognised speaks for it. Not a probability. */
  confidence: number;
  method: "script" | "words" | "none";
  /** The best first. */
  candidates: { language: string; score: number }[];
}

/** More than this says nothing new. */
const SAMPLE_CHARACTERS = 20_000;

const BY_SCRIPT: readonly (readonly [string, RegExp])[] = [
  // Kana before Han: Japanese is written in both.
  ["ja", /[\p{Script=Hiragana}\p{Script=Katakana}]/gu],
  ["ko", /\p{Script=Hangul}/gu],
  ["zh", /\p{Script=Han}/gu],
  ["th", /\p{Script=Thai}/gu],
  ["el", /\p{Script=Greek}/gu],
  ["he", /\p{Script=Hebrew}/gu],
  ["ar", /\p{Script=Arabic}/gu],
  ["hi", /\p{Script=Devanagari}/gu],
];

const STOP_WORDS: Readonly<Record<string, string>> = {
  en: "the of and to in is that it for was with as are this be have not you from at by or which but they were an on his her we their has",
  de: "der die das und ist nicht ein eine mit den dem von zu auf für im sich des auch es an als wir ich sie werden bei nach noch wird sind oder",
  fr: "le la les et des est un une dans que qui pour pas sur avec au du il elle nous vous ce cette sont par plus ne mais ou leur être",
  es: "el la los las y de que en un una es por con para no se del al lo como más pero sus este esta son también muy hay fue",
  it: "il lo la gli le e di che un una per non con sono del della nel alla come più anche ma questo questa è si dei ha loro",
  pt: "o a os as e de que em um uma para com não por do da no na dos das se mais como mas foi ao são também é pelo",
  nl: "de het een en van is niet dat op te in zijn met voor aan er om ook als bij maar naar wordt deze dit uit nog wel heeft zijn",
  sv: "och att det som en är på för av med den till inte om ett har jag men var sig så från kan vi eller när ska också",
  da: "og at det som en er på for af med den til ikke om et har jeg men var sig så fra kan vi eller når skal også blev",
  no: "og at det som en er på for av med den til ikke om et har jeg men var seg så fra kan vi eller når skal også ble",
  fi: "ja on ei se että oli hän mutta myös kun ovat tai joka niin kuin sen ole mitä vain jos olla nyt vielä",
  pl: "i w nie na się z do to że jest o jak ale po co tak za od przez dla był są może już tylko oraz",
  cs: "a se v na je že to s z do o i k ale jako za pro by tak po jsem jsou byl nebo také které",
  tr: "ve bir bu da de için ile çok daha gibi ama olarak ne kadar var olan sonra değil en mi her ki",
  ru: "и в не на я что он с это как а по но к из у за от так же для бы было только его мы они или",
  uk: "і в не на що з це як та до за але від у його для про так був вона також є які або був ми",
};

const WORDS = new Map(Object.entries(STOP_WORDS).map(([language, words]) => [language, new Set(words.split(" "))]));

/** With fewer stop words than this there is no telling. */
const ENOUGH_WORDS = 2;

export function detectLanguage({ text }: { text: string }): LanguageGuess {
  const sample = text.slice(0, SAMPLE_CHARACTERS);
  return byScript(sample) ?? byWords(sample);
}

function byScript(sample: string): LanguageGuess | null {
  const letters = sample.match(/\p{L}/gu)?.length ?? 0;
  const counted = BY_SCRIPT.map(([language, letter]) => ({
    language,
    score: round((sample.match(letter)?.length ?? 0) / Math.max(letters, 1)),
  })).filter(({ score }) => score > 0);
  const share = Math.min(
    1,
    counted.reduce((sum, { score }) => sum + score, 0),
  );
  if (share < 0.5) return null;
  const kana = counted.find(({ language }) => language === "ja");
  // Where there is kana, Han is Japanese too.
  if (kana && kana.score > 0.05)
    return { language: "ja", confidence: round(share), method: "script", candidates: counted };
  const candidates = counted.sort((a, b) => b.score - a.score);
  const best = candidates[0];
  return best ? { language: best.language, confidence: best.score, method: "script", candidates } : null;
}

function byWords(sample: string): LanguageGuess {
  const words = sample.toLowerCase().match(/[\p{L}\p{M}]+/gu) ?? [];
  const hits = [...WORDS]
    .map(([language, known]) => ({ language, hits: words.filter((word) => known.has(word)).length }))
    .filter(({ hits }) => hits > 0)
    .sort((a, b) => b.hits - a.hits);
  const [best, second] = hits;
  const candidates = hits.slice(0, 5).map(({ language, hits }) => ({ language, score: round(hits / words.length) }));
  if (!best || best.hits < ENOUGH_WORDS || best.hits === second?.hits)
    return { language: "und", confidence: 0, method: "none", candidates };
  // The lead over the next language, less certain the fewer words there are to go by.
  const lead = (best.hits - (second?.hits ?? 0)) / best.hits;
  const plenty = best.hits / (best.hits + 3);
  return { language: best.language, confidence: round((0.5 + lead / 2) * plenty), method: "words", candidates };
}

const round = (share: number): number => Math.round(share * 1000) / 1000;
