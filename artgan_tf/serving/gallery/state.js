// The view, and the address that reproduces it.
//
// view = { labels, seeds, count, at, morph }: what the grid shows, and the picture that is open:
// at = { label, seed } or null, morph = { toLabel, share, toSeed, t, truncation }, in percent.

import { after, parseSeed, parseSeeds, run } from "./seeds.js";

export const MOST_PICTURES = 64; // a class
const FIRST_CLASSES = 6;
const PERCENT = ["share", "t", "truncation"];

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

/** What the address says, as far as it makes sense for this model. */
export function read(model) {
  const hash = new URLSearchParams(location.hash.slice(1));
  const at = readPicture(model, hash);
  return { ...readGrid(model, hash), at, morph: at && readMorph(model, hash, at) };
}

function readGrid(model, hash) {
  const known = hash.getAll("class").map((name) => model.names.indexOf(name));
  const labels = [...new Set(known.filter((label) => label >= 0))];
  const all = model.names.map((_, label) => label);
  const count = percent(hash.get("count"), 8);
  const view = {
    labels: labels.length ? labels : all.slice(0, FIRST_CLASSES),
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
export function write(model, { labels, seeds, count, at, morph }) {
  const hash = new URLSearchParams();
  for (const label of labels) hash.append("class", model.names[label]);
  hash.set("seeds", seeds.join(","));
  hash.set("count", count);
  if (at) {
    hash.set("at", model.names[at.label]);
    hash.set("seed", at.seed);
    writeMorph(hash, model, morph, atRest(model, at));
  }
  return `#${hash}`;
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
