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

/** What the address says, as far as it makes sense for this model. */
export function read(model) {
  const hash = new URLSearchParams(location.hash.slice(1));
  const at = readPicture(model, hash);
  return { ...readGrid(model, hash), at, morph: at && readMorph(model, hash, at) };
}

function readGrid(model, hash) {
  const known = hash.getAll("class").map((name) => model.names.indexOf(name));
  const named = [...new Set(known.filter((label) => label >= 0))];
  const labels = named.length ? named : model.names.map((_, i) => i).slice(0, MOST_KINDS);
  const count = percent(hash.get("count"), usual(labels.length));
  const view = {
    labels,
    seeds: attempt(() => parseSeeds(hash.get("seeds") ?? "0"), [0]),
    count: Math.min(Math.max(count, 1), MOST_PICTURES),
  };
  const fits = attempt(() => run(view.seeds, view.count), null);
  return fits ? view : { ...view, seeds: [0] };
}

function readPicture(model, hash) {
  const label = model.names.indexOf(hash.get("at"));
  const seed = attempt(() => parseSeed(hash.get("seed") ?? ""), null);
  return label < 0 || seed === null ? null : { label, seed };
}

function readMorph(model, hash, at) {
  const morph = atRest(model, at);
  const toLabel = model.names.indexOf(hash.get("to"));
  if (toLabel >= 0) morph.toLabel = toLabel;
  morph.toSeed = attempt(() => parseSeed(hash.get("to_seed") ?? ""), morph.toSeed);
  for (const name of PERCENT) {
    morph[name] = Math.min(percent(hash.get(name), morph[name]), 100);
  }
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

function percent(text, otherwise) {
  return /^\d{1,4}$/.test(text ?? "") ? Number(text) : otherwise;
}

function attempt(action, otherwise) {
  try {
    return action();
  } catch {
    return otherwise;
  }
}
