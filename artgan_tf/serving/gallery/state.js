// The view, and the address that reproduces it.
//
// view = { labels, seeds, count, at, morph }: what the grid shows, and the picture that is open:
// at = { label, seed } or null, morph = { toLabel, share, toSeed, t, truncation }, in percent.

import { after, parseSeed, parseSeeds, run } from "./seeds.js";

export const MOST_PICTURES = 64; // of a kind
const MOST_KINDS = 200; // at first
const FIRST = [1, 40, 20]; // pictures: of a kind at least, in all, and of a kind at most
const PERCENT = ["share", "t", "truncation"];
const LONGEST = 60; // letters of an address that are quoted

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
  const strange = [];
  const asked = reader(strange);
  const label = (name) => labelOf(model, name);
  const view = readGrid(model, asked, label);
  const at = readPicture(asked, label);
  return { ...view, at, morph: at && readMorph(model, asked, label, at), strange };
}

/** Reads all that a key of the address stands for; what cannot be parsed becomes `strange`. */
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
