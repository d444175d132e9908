// Facts about the model: from `serve`, from a file next to the page, or from TF Serving.

import { server, wanted } from "./address.js";
import { NO_SERVER, fetchJson, limit } from "./api.js";

const NO_NAME = `The server at ${server?.origin} does not answer, or does not tell which models it \
has. If it is a TensorFlow Serving, add ?model=NAME to this page's address.`;

export class Model {
  /**
   * @param facts name, version, class_names, signatures; image_size in pixels; accuracy =
   *   { value, count } on held-out pictures; references = { count, url }, the real pictures of each
   *   class; files, whether the server makes sheets and animations.
   */
  constructor({ name, version = "", class_names: names, signatures, ...facts }) {
    Object.assign(this, { name, version, names });
    this.title = plain(name);
    this.kinds = names.map(plain);
    this.size = facts.image_size ?? null;
    this.accuracy = facts.accuracy ?? null;
    this.references = facts.references ?? null; // { count, url }
    this.files = facts.files ?? false;
    this.signatures = new Set(signatures);
  }

  has(signature) {
    return this.signatures.has(signature);
  }

  /** The name of a picture, used as its caption and as its alternative text. */
  alt({ label, seed }) {
    return `${this.kinds[label]}, no. ${seed}`;
  }

  /** The introduction at the top of the page. */
  about() {
    const { length } = this.kinds;
    const what = length > 1 ? `of ${length} kinds` : `of ${this.kinds[0]}`;
    const size = this.size ? `, ${this.size} pixels wide` : "";
    return `A neural network paints these pictures ${what}${size}, when you ask for them: no hand has \
painted them. Choose one to change it, to animate it and to take it with you.`;
  }

  /** A single class as weights for `mix`. */
  oneHot(label, share = 1) {
    return this.names.map((_, index) => (index === label ? share : 0));
  }
}

function plain(name) {
  return name.replaceAll("_", " ");
}

/** Find the model that the address asks for, or the server's only one. */
export async function findModel() {
  const told = (await fromServe()) ?? (await fromFile());
  const name = wanted || told?.name;
  if (!name) throw new Error(NO_NAME);
  if (told?.class_names?.length) return new Model({ ...told, name });
  return new Model({ ...(await fromMetadata(name)), name });
}

/** Ask `serve`. TF Serving lacks this path, so a missing answer is not an error at this point. */
async function fromServe() {
  if (!server) throw new Error(NO_SERVER);
  const found = await fetchJson("gallery/models.json").catch(() => null);
  if (found?.models && !found.models.length) throw new Error("The server has no model yet.");
  limit(found?.max_instances ?? Infinity);
  const told = found?.models?.find((model) => !wanted || model.name === wanted);
  return told && withReferences({ ...told, files: true }, new URL("gallery/references.jpg", server));
}

/** Read an export's assets.extra/artgan.json, copied to models.json next to the page. */
async function fromFile() {
  if (server?.href === new URL(".", location.href).href && !wanted) return null;
  const response = await fetch("models.json").catch(() => null);
  const told = response?.ok ? await response.json().catch(() => null) : null;
  return told && withReferences(told, new URL("references.jpg", location.href));
}

function withReferences(told, url) {
  return { ...told, references: told.references ? { count: told.references, url } : null };
}

/** Ask TF Serving, which knows the number of classes but not their names. */
async function fromMetadata(name) {
  const path = `v1/models/${encodeURIComponent(name)}/metadata`;
  const { model_spec: spec, metadata } = await fetchJson(path);
  const signatures = metadata.signature_def.signature_def;
  const count = Number(signatures.mix?.inputs.weights.tensor_shape.dim[1].size ?? 1);
  return {
    version: spec.version,
    class_names: Array.from({ length: count }, (_, index) => `class ${index}`),
    signatures: Object.keys(signatures),
  };
}
