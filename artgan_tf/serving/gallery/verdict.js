// What D says of a picture, how far one may trust it, and what the autoencoder makes of it.

import { paint, predict } from "./api.js";
import { element, picture } from "./elements.js";

/**
 * The elements of a verdict.
 *
 * @param picture its data URI and words, and whether it is in sight already.
 */
export async function judged(model, { source, words, inSight = false }, signal) {
  const rows = [{ image_bytes: { b64: source.split(",")[1] } }];
  const [[found], decoded] = await Promise.all([
    predict(model.name, "classify", rows, signal),
    model.has("reconstruct") ? paint(model.name, "reconstruct", rows, signal) : [],
  ]);
  const pictures = inSight ? [] : [figure(words, source, "What it was shown")];
  const alt = `${words}, reconstructed`;
  if (decoded.length) pictures.push(figure(alt, decoded[0], "What it kept of it (autoencoder)"));
  return [
    element("div", { className: "pair" }, ...pictures),
    scores(model, found, inSight ? 3 : 5),
    element("p", { className: "quiet trust" }, trust(model)),
  ];
}

/** The likeliest classes first, then whether D takes the picture for a real one. */
function scores(model, { label, scores: values, realness }, count) {
  const order = values.map((score, index) => [score, index]).sort((a, b) => b[0] - a[0]);
  const bars = order.slice(0, count).map(([score, index]) => bar(model.kinds[index], score));
  const sure = `, and is ${percent(values[label])}\u00a0% sure.`;
  const name = element("strong", {}, model.kinds[label]);
  return element(
    "div",
    { className: "scores" },
    element("p", {}, "It sees: ", name, sure),
    ...bars,
    bar("looks real", realness),
  );
}

/** How good it is at all. */
function trust({ accuracy, kinds }) {
  if (!accuracy) return "How often it is right was not measured: take it as a guess.";
  const right = percent(accuracy.value);
  const chance = percent(1 / kinds.length);
  const shown = accuracy.count ? `${accuracy.count.toLocaleString("en")} real` : "real";
  return `How good is it at this? Of ${shown} pictures that it had never seen it named the kind of \
${right} in 100 rightly; guessing would get ${chance}.`;
}

function percent(share) {
  return Math.round(share * 100);
}

function figure(alt, source, caption) {
  return element("figure", {}, picture(alt, source), element("figcaption", {}, caption));
}

function bar(name, value) {
  const filled = element("span");
  filled.style.width = `${value * 100}%`;
  const range = { "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": percent(value) };
  const meter = element("div", { role: "meter", "aria-label": name, ...range }, filled);
  const figures = element("span", { className: "percent" }, `${percent(value)} %`);
  return element("div", { className: "score" }, element("span", {}, name), meter, figures);
}
