// Seeds are whole numbers that JavaScript's numbers and JSON keep exactly: below 2^53.

export const MOST = Number.MAX_SAFE_INTEGER;
const RULE = `whole number from 0 to ${MOST}`;

/** A number from text, or an error that says what is wrong. */
export function parseSeed(text) {
  const seed = /^\d+$/.test(text.trim()) ? Number(text) : NaN;
  if (!Number.isSafeInteger(seed)) throw new Error(`A seed is a ${RULE}.`);
  return seed;
}

/** Several, with commas or spaces between. */
export function parseSeeds(text) {
  const parts = text.split(/[\s,;]+/).filter(Boolean);
  if (!parts.length) throw new Error(`Give at least one seed: a ${RULE}.`);
  return parts.map(parseSeed);
}

/** As many seeds as asked for: those given, and on from the last. */
export function run(seeds, count) {
  const more = count - seeds.length;
  if (more < 0) throw new Error(`${seeds.length} seeds are more than ${count} pictures a class.`);
  const last = seeds.at(-1);
  if (last > MOST - more) throw new Error(`Seeds end at ${MOST}: begin lower, or ask for fewer.`);
  return [...seeds, ...Array.from({ length: more }, (_, i) => last + 1 + i)];
}

/** Any seed, all 53 bits of it. */
export function random() {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2));
  return (high >>> 11) * 2 ** 32 + low;
}

/** The seed that comes so many after another, from the beginning again after the last. */
export function after(seed, steps = 1) {
  return seed > MOST - steps ? steps - 1 - (MOST - seed) : seed + steps;
}
