import { readStretches, spell, type Form } from "@/lib/foreign-text";

interface ForeignTextProps {
  text: string;
  form?: Form;
}

/** More chips than a reader would look at; a text full of them must not fill the page. */
const MOST_CHIPS = 32;

/** Text from outside, kept from turning its surroundings, with what cannot be seen named in chips. */
export function ForeignText({ text, form = "name" }: ForeignTextProps) {
  const stretches = readStretches(text, form);
  if (stretches.filter(({ named }) => named).length > MOST_CHIPS) return <bdi>{spell(text, form)}</bdi>;
  return (
    <bdi>
      {stretches.map((stretch, index) =>
        stretch.named ? (
          <span key={index} className="mx-px rounded-sm bg-hover px-0.5 font-mono text-[0.85em] text-muted">
            {stretch.text}
          </span>
        ) : (
          stretch.text
        ),
      )}
    </bdi>
  );
}
