// A client of TF Serving's REST interface: row format, bytes as base64, errors as sentences.

import { server } from "./address.js";

export const NO_SERVER = "?server= takes an address such as http://host:8501.";
const PATIENCE = 60; // seconds to wait for an answer
let most = Infinity; // instances of a request

/** Ask for at most so many instances at once, as the server takes no more. */
export function limit(instances) {
  most = instances;
}

/** Run a signature and return its prediction for each instance. */
export async function predict(name, signature, instances, signal) {
  const rest = instances.slice(most);
  const first = await predictSome(name, signature, instances.slice(0, most), signal);
  return rest.length ? [...first, ...(await predict(name, signature, rest, signal))] : first;
}

async function predictSome(name, signature, instances, signal) {
  const body = JSON.stringify({ signature_name: signature, instances });
  // A string is sent as text/plain, for which browsers skip the CORS preflight request.
  const options = { method: "POST", body };
  const path = `v1/models/${encodeURIComponent(name)}:predict`;
  const { predictions } = await fetchJson(path, options, signal);
  if (predictions?.length !== instances.length) {
    throw new Error("The server sent another number of pictures than it was asked for.");
  }
  return predictions;
}

/** Return the pictures that a signature generates, as data URIs. */
export async function paint(name, signature, instances, signal) {
  const predictions = await predict(name, signature, instances, signal);
  return predictions.map((found) => `data:image/png;base64,${found.b64}`);
}

/** Fetch the JSON at a path of the server; throws an error with a sentence for the visitor. */
export async function fetchJson(path, options = {}, signal = null) {
  const [response, text] = await fetched(new URL(path, server), options, signal);
  const found = parsed(text);
  if (response.ok && found !== undefined) return found;
  if (found?.error) {
    const error = new Error(`The server refuses: ${found.error}`);
    throw Object.assign(error, { refused: [400, 413].includes(response.status) });
  }
  throw new Error(`${server.origin} answers ${response.status}, and not as TF Serving does.`);
}

async function fetched(url, options, signal) {
  const patience = AbortSignal.timeout(PATIENCE * 1000);
  const either = AbortSignal.any(signal ? [patience, signal] : [patience]);
  try {
    const response = await fetch(url, { ...options, signal: either });
    return [response, await response.text()];
  } catch (error) {
    if (signal?.aborted) throw error;
    const words = patience.aborted
      ? `${server.origin} took more than ${PATIENCE} seconds.`
      : `The server at ${server.origin} does not answer. Is it running?`;
    throw Object.assign(new Error(words), { unreachable: true });
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
