// Seeds are whole numbers, limited to the digits that JavaScript and JSON always keep exactly.

const DIGITS = 15;
export const MOST = 10 ** DIGITS - 1;
const RANDOM = 1_000_000; // keeps random seeds short enough to remember

/** Parse a seed; throws an error that says what is wrong. */
export function parseSeed(text) {
  const seed = /^\d+$/.test(text.trim()) ? Number(text) : NaN;
  if (seed <= MOST) return seed;
  throw new Error(`A number is whole, such as 7, and has ${DIGITS} digits at most.`);
}

/** Parse several seeds, separated by commas, semicolons or spaces. */
export function parseSeeds(text) {
  const parts = text.split(/[\s,;]+/).filter(Boolean);
  if (!parts.length) throw new Error("Give at least one number, such as 7.");
  return parts.map(parseSeed);
}

/** Extend the given seeds to `count`, counting on from the last one. */
export function run(seeds, count) {
  const more = count - seeds.length;
  if (more < 0) {
    throw new Error(`${seeds.length} numbers are more than ${count} pictures of each kind.`);
  }
  const last = seeds.at(-1);
  if (last > MOST - more) {
    throw new Error(`Numbers have ${DIGITS} digits at most: start lower, or ask for fewer.`);
  }
  return [...seeds, ...Array.from({ length: more }, (_, i) => last + 1 + i)];
}

/** A random seed among the first million. */
export function random() {
  return crypto.getRandomValues(new Uint32Array(1))[0] % RANDOM;
}

/** The seed some steps after another; after the largest, counting starts again at 0. */
export function after(seed, steps = 1) {
  return seed > MOST - steps ? steps - 1 - (MOST - seed) : seed + steps;
}
