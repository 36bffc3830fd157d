const ROUND = [1, 2, 2.5, 5, 10];

/** The least round number (1, 2, 2.5 or 5 times a power of ten) that is not below `least`. */
export function roundUp(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = ROUND.find((round) => round * power >= least * (1 - Number.EPSILON * 4)) ?? 10;
  return factor * power;
}

/** Multiples of a round step from zero up to and including the first that is not below `top`. */
export function toAxisTicks(top: number, intervals: number, leastStep = 0): number[] {
  if (top <= 0) return [0];
  const step = Math.max(roundUp(top / intervals), leastStep);
  const count = Math.ceil(top / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}
