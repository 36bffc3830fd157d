// What the scenarios of Node's clients share, as steps.py for Python's.

export const QUESTION = "Which city has the Eiffel tower?";
export const LONGER_QUESTION = `${QUESTION} `.repeat(12);
export const WEATHER_QUESTION = "What is the weather in Paris?";
export const LONG_QUESTION = "a1".repeat(600); // 1,200 tokens: caches begin at 1,024.
export const LONG_STREAMED_QUESTION = "b2".repeat(600);
export const PLACE = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
};

export const forgiving = (call) => call.catch(() => {});

export async function read(stream, most = Infinity) {
  let seen = 0;
  for await (const _ of await stream) {
    seen += 1;
    if (seen === most) break;
  }
}

export async function twice(call) {
  await call();
  await call();
}
