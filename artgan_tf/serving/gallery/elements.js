// Small helpers for the document. Text is only ever set as text, never parsed as HTML.

export const byId = (id) => document.getElementById(id);

/** An element with properties or attributes, and children. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** Small pictures are shown with their pixels, larger ones smoothly. */
const FEW_PIXELS = 32;

/** A picture that appears when `src` is set. */
export function picture(alt, src = "") {
  const image = element("img", { alt, decoding: "async" });
  image.addEventListener("load", () => {
    image.classList.toggle("pixels", image.naturalWidth <= FEW_PIXELS);
  });
  if (src) image.src = src;
  return image;
}

/** Say what is wrong with an input, or nothing; whether it is fine. */
export function complain(input, place, problem) {
  place.textContent = problem;
  if (problem) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  return !problem;
}

/** A function that aborts what it began before, and gives the signal of what begins now. */
export function latest() {
  let running = new AbortController();
  return () => {
    running.abort();
    running = new AbortController();
    return running.signal;
  };
}

/** Call `action` once when no further call came for a while; `cancel` calls it off. */
export function debounced(action, milliseconds = 60) {
  let timer = 0;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(action, milliseconds);
  };
  soon.cancel = () => clearTimeout(timer);
  return soon;
}
