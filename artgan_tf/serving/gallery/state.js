// The view, and the address that reproduces it.
//
// view = { labels, seeds, count, at, morph }: the grid's contents, and the open picture as
// at = { label, seed } or null, and morph = { toLabel, share, toSeed, t, truncation }, where share,
// t and truncation are percents.

import { after, parseSeed, parseSeeds, run } from "./seeds.js";

export const MOST_PICTURES = 64; // maximum pictures of a kind
const MOST_KINDS = 200; // maximum kinds shown unless the address names more
const FIRST = [1, 40, 20]; // default pictures: minimum of a kind, in total, and maximum of a kind
const PERCENT = ["share", "t", "truncation"];
const LONGEST = 60; // maximum characters of an address to quote

/** The default number of pictures of each kind. */
export function usual(kinds) {
  const [least, all, most] = FIRST;
  return Math.min(Math.max(Math.floor(all / kinds), least), most);
}

/** The morph of a picture that is unchanged, with the default targets of its sliders. */
export function atRest(model, { label, seed }) {
  const toLabel = (label + 1) % model.names.length;
  return { toLabel, share: 0, toSeed: after(seed), t: 0, truncation: 100 };
}

export function isAtRest({ share, t, truncation }) {
  return share === 0 && t === 0 && truncation === 100;
}

/** Whether a morph has reached a target exactly, so that it is again one class and one seed. */
export function isAtEnd({ share, t, truncation }) {
  const ends = [share, t].every((value) => value === 0 || value === 100);
  return ends && share + t > 0 && truncation === 100;
}

/**
 * Describe the same picture from the ends that it is closer to, as [at, morph] with share and t at
 * most 50.
 */
export function fromNearest({ label, seed }, morph) {
  const at = { label, seed };
  const way = { ...morph };
  if (way.share > 50) [at.label, way.toLabel, way.share] = [way.toLabel, label, 100 - way.share];
  if (way.t > 50) [at.seed, way.toSeed, way.t] = [way.toSeed, seed, 100 - way.t];
  return [at, way];
}

/** Read the view in the address; `strange` lists the parts that do not fit this model. */
export function read(model) {
  const strange = [];
  const asked = reader(strange);
  const label = (name) => labelOf(model, name);
  const view = readGrid(model, asked, label);
  const at = readPicture(asked, label);
  return { ...view, at, morph: at && readMorph(model, asked, label, at), strange };
}

/** Return a function that parses all values of a key; those that fail are added to `strange`. */
function reader(strange) {
  const hash = new URLSearchParams(location.hash.slice(1));
  return (key, parse) =>
    hash.getAll(key).flatMap((text) => {
      try {
        return [parse(text)];
      } catch {
        strange.push(`${key}=${text}`.slice(0, LONGEST));
        return [];
      }
    });
}

function labelOf(model, name) {
  const label = model.names.indexOf(name);
  if (label < 0) throw new Error("There is no such kind.");
  return label;
}

function readGrid(model, asked, label) {
  const named = [...new Set(asked("class", label))];
  const labels = named.length ? named : model.names.map((_, i) => i).slice(0, MOST_KINDS);
  const [count = usual(labels.length)] = asked("count", whole(1, MOST_PICTURES));
  const fitting = (text) => {
    const seeds = parseSeeds(text);
    run(seeds, count);
    return seeds;
  };
  const [seeds = [0]] = asked("seeds", fitting);
  return { labels, seeds, count };
}

function readPicture(asked, known) {
  const [label = null] = asked("at", known);
  const [seed = null] = asked("seed", parseSeed);
  return label === null || seed === null ? null : { label, seed };
}

function readMorph(model, asked, known, at) {
  const rest = atRest(model, at);
  const [toLabel = rest.toLabel] = asked("to", known);
  const [toSeed = rest.toSeed] = asked("to_seed", parseSeed);
  const percent = (name) => [name, asked(name, whole(0, 100))[0] ?? rest[name]];
  return { toLabel, toSeed, ...Object.fromEntries(PERCENT.map(percent)) };
}

/** The fragment of the address from which `read` restores this view. */
export function write(model, view) {
  const hash = gridParameters(model, view);
  if (view.at) {
    hash.set("at", model.names[view.at.label]);
    hash.set("seed", view.at.seed);
    writeMorph(hash, model, view.morph, atRest(model, view.at));
  }
  return `#${hash}`;
}

/** The grid's parameters; all classes are the default, up to `MOST_KINDS`, and are not listed. */
function gridParameters(model, { labels, seeds, count }) {
  const parameters = new URLSearchParams();
  if (labels.length < model.names.length || labels.length > MOST_KINDS) {
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

/** Return a parser for whole numbers in a range. */
function whole(least, most) {
  return (text) => {
    const number = parseSeed(text);
    if (number < least || number > most) throw new Error(`Use ${least} to ${most}.`);
    return number;
  };
}
