// Seeds are whole numbers of as many digits as JavaScript's numbers and JSON keep exactly.

const DIGITS = 15;
export const MOST = 10 ** DIGITS - 1;
const RANDOM = 1_000_000; // short enough to be told to a friend

/** A number from text, or an error that says what is wrong. */
export function parseSeed(text) {
  const seed = /^\d+$/.test(text.trim()) ? Number(text) : NaN;
  if (seed <= MOST) return seed;
  throw new Error(`A number is whole, such as 7, and has ${DIGITS} digits at most.`);
}

/** Several, with commas or spaces between. */
export function parseSeeds(text) {
  const parts = text.split(/[\s,;]+/).filter(Boolean);
  if (!parts.length) throw new Error("Give at least one number, such as 7.");
  return parts.map(parseSeed);
}

/** As many seeds as asked for: those given, and on from the last. */
export function run(seeds, count) {
  const more = count - seeds.length;
  if (more < 0) {
    throw new Error(`${seeds.length} numbers are more than ${count} pictures of each kind.`);
  }
  const last = seeds.at(-1);
  if (last > MOST - more) {
    throw new Error(`Numbers end after ${DIGITS} digits: begin lower, or ask for fewer.`);
  }
  return [...seeds, ...Array.from({ length: more }, (_, i) => last + 1 + i)];
}

/** Any of the first million. */
export function random() {
  return crypto.getRandomValues(new Uint32Array(1))[0] % RANDOM;
}

/** The seed that comes so many after another, from the beginning again after the last. */
export function after(seed, steps = 1) {
  return seed > MOST - steps ? steps - 1 - (MOST - seed) : seed + steps;
}
