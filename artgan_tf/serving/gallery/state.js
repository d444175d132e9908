// The view, and the address that reproduces it.
//
// view = { labels, seeds, count, at, morph }: what the grid shows, and the picture that is open:
// at = { label, seed } or null, morph = { toLabel, share, toSeed, t, truncation }, in percent.

import { after, parseSeed, parseSeeds, run } from "./seeds.js";

export const MOST_PICTURES = 64; // of a kind
const MOST_KINDS = 200; // at first
const FIRST = [1, 40, 20]; // pictures: of a kind at least, in all, and of a kind at most
const PERCENT = ["share", "t", "truncation"];

/** How many pictures of each kind are shown where nobody says. */
export function usual(kinds) {
  const [least, all, most] = FIRST;
  return Math.min(Math.max(Math.floor(all / kinds), least), most);
}

/** An open picture as it is, and where its sliders lead. */
export function atRest(model, { label, seed }) {
  const toLabel = (label + 1) % model.names.length;
  return { toLabel, share: 0, toSeed: after(seed), t: 0, truncation: 100 };
}

export function isAtRest({ share, t, truncation }) {
  return share === 0 && t === 0 && truncation === 100;
}

/** Whether the ways lead all the way, so that there is a class and a seed for what is shown. */
export function isAtEnd({ share, t, truncation }) {
  const ends = [share, t].every((value) => value === 0 || value === 100);
  return ends && share + t > 0 && truncation === 100;
}

/**
 * The same picture seen from the ends that it is closer to: [at, morph] with neither more than half
 * of the way gone.
 */
export function fromNearest({ label, seed }, morph) {
  const at = { label, seed };
  const way = { ...morph };
  if (way.share > 50) [at.label, way.toLabel, way.share] = [way.toLabel, label, 100 - way.share];
  if (way.t > 50) [at.seed, way.toSeed, way.t] = [way.toSeed, seed, 100 - way.t];
  return [at, way];
}

/** What the address says, as far as it makes sense for this model; `strange` is the rest of it. */
export function read(model) {
  const asked = new Address(model);
  const view = readGrid(model, asked);
  const at = readPicture(asked);
  return { ...view, at, morph: at && readMorph(model, asked, at), strange: asked.strange };
}

/** What stands in the address, and what of it could not be read. */
class Address {
  constructor(model) {
    Object.assign(this, { model, hash: new URLSearchParams(location.hash.slice(1)), strange: [] });
  }

  /** What `parse` makes of what the key stands for, or something else. */
  take(key, parse, otherwise) {
    return this.all(key, parse)[0] ?? otherwise;
  }

  all(key, parse) {
    return this.hash.getAll(key).flatMap((text) => {
      try {
        return [parse(text)];
      } catch {
        this.strange.push(`${key}=${text}`);
        return [];
      }
    });
  }

  label = (name) => {
    const found = this.model.names.indexOf(name);
    if (found < 0) throw new Error("There is no such kind.");
    return found;
  };
}

function readGrid(model, asked) {
  const named = [...new Set(asked.all("class", asked.label))];
  const labels = named.length ? named : model.names.map((_, i) => i).slice(0, MOST_KINDS);
  const count = asked.take("count", whole(1, MOST_PICTURES), usual(labels.length));
  const fitting = (text) => {
    const seeds = parseSeeds(text);
    run(seeds, count);
    return seeds;
  };
  return { labels, seeds: asked.take("seeds", fitting, [0]), count };
}

function readPicture(asked) {
  const label = asked.take("at", asked.label, null);
  const seed = asked.take("seed", parseSeed, null);
  return label === null || seed === null ? null : { label, seed };
}

function readMorph(model, asked, at) {
  const morph = atRest(model, at);
  morph.toLabel = asked.take("to", asked.label, morph.toLabel);
  morph.toSeed = asked.take("to_seed", parseSeed, morph.toSeed);
  for (const name of PERCENT) morph[name] = asked.take(name, whole(0, 100), morph[name]);
  return morph;
}

/** The part of the address that `read` makes this view of. */
export function write(model, view) {
  const hash = gridParameters(model, view);
  if (view.at) {
    hash.set("at", model.names[view.at.label]);
    hash.set("seed", view.at.seed);
    writeMorph(hash, model, view.morph, atRest(model, view.at));
  }
  return `#${hash}`;
}

/** What the grid shows; all classes go without saying. */
function gridParameters(model, { labels, seeds, count }) {
  const parameters = new URLSearchParams();
  if (labels.length < model.names.length) {
    for (const label of labels) parameters.append("class", model.names[label]);
  }
  parameters.set("seeds", seeds.join(","));
  parameters.set("count", count);
  return parameters;
}

function writeMorph(hash, model, morph, rest) {
  if (morph.toLabel !== rest.toLabel) hash.set("to", model.names[morph.toLabel]);
  if (morph.toSeed !== rest.toSeed) hash.set("to_seed", morph.toSeed);
  for (const name of PERCENT) {
    if (morph[name] !== rest[name]) hash.set(name, morph[name]);
  }
}

/** A reader of whole numbers between two. */
function whole(least, most) {
  return (text) => {
    const number = parseSeed(text);
    if (number < least || number > most) throw new Error(`Take ${least} to ${most}.`);
    return number;
  };
}
