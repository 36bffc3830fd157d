/** A stretch of text from outside: drawn as it is, or named because a reader would not see it. */
export interface Stretch {
  text: string;
  named: boolean;
}

/** A name stands in one line; prose keeps its line breaks and its blanks. */
export type Form = "name" | "prose";

// Whatever draws nothing or turns the order of its neighbours: controls, bidirectional marks,
// zero-width and tag characters, fillers, private use, lone surrogates, what is not assigned
// (https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing). A blank that is no space
// could be taken for one.
const UNSEEN = String.raw`\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}\u2800`;
const PICTURE = String.raw`\p{Extended_Pictographic}\p{Emoji_Modifier}?\uFE0F?`;
// Joiners and selectors inside a picture are seen by what they make of it.
const PICTURES = String.raw`${PICTURE}(?:\u200D${PICTURE})*|[0-9#*]\uFE0F\u20E3`;

const PATTERNS: Record<Form, RegExp> = {
  // HTML draws several blanks as one, and none at the edges.
  name: new RegExp(String.raw`(?:${PICTURES})|((?:[${UNSEEN}]|(?! )\p{Zs}|^ +| +$| {2,})+)`, "gu"),
  prose: new RegExp(String.raw`(?:${PICTURES})|((?:(?![\n\t]|\r\n)[${UNSEEN}])+)`, "gu"),
};

/** Most characters that one named stretch lists. */
const MOST_LISTED = 6;

/** Cuts a text into what can be seen and what has to be named. */
export function readStretches(text: string, form: Form = "name"): Stretch[] {
  const stretches: Stretch[] = [];
  let end = 0;
  for (const match of text.matchAll(PATTERNS[form])) {
    const unseen = match[1];
    if (unseen === undefined) continue;
    if (match.index > end) stretches.push({ text: text.slice(end, match.index), named: false });
    stretches.push({ text: nameCharacters(unseen), named: true });
    end = match.index + unseen.length;
  }
  if (end < text.length) stretches.push({ text: text.slice(end), named: false });
  return stretches;
}

/** The text for a title, a label or a message, where nothing can be drawn: "gnp[U+202E].exe". */
export function spell(text: string, form: Form = "name"): string {
  return readStretches(text, form)
    .map((stretch) => (stretch.named ? `[${stretch.text}]` : stretch.text))
    .join("");
}

function nameCharacters(unseen: string): string {
  const characters = Array.from(unseen);
  const names = characters
    .slice(0, MOST_LISTED)
    .map((character) => `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`);
  const more = characters.length - names.length;
  return names.join(" ") + (more > 0 ? ` and ${more} more` : "");
}
