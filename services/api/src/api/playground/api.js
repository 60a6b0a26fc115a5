// The one place that talks to the api: ids, key, time limit, and every way it can fail in words for a person.

const PATIENCE = 10000;
let key = "";
let trial = true;

/** The api's address, without a slash at its end; a proxy may have put a path before it. */
export const API = new URL("..", import.meta.url).href.replace(/\/$/, "");

export const useKey = (value) => { key = value.trim(); };
/** Whether what is asked from here on is a trial, which counts neither in drift nor in quality. */
export const countRequests = (counted) => { trial = !counted; };
export const isTrial = () => trial;
export const hasKey = () => key !== "";

/** `status` is 0 when nothing answered; `errors` names fields; `again` is after how many milliseconds to ask again, or null. */
export class Refusal extends Error {
  constructor(status, message, { errors = [], again = null } = {}) {
    super(message);
    Object.assign(this, { status, errors, again });
  }
}

/** Resolves to the response of a request that was answered well; rejects with a Refusal, or an AbortError when `signal` says so. */
export async function ask(path, { body, type = "application/json", accept = "application/json", version = "", signal, patience = PATIENCE } = {}) {
  const headers = { accept, "x-request-id": `playground-${random()}` };
  if (body !== undefined) headers["content-type"] = type;
  if (trial) headers["x-trial"] = "true";
  if (version) headers["x-model-version"] = version;
  if (key) headers.authorization = `Bearer ${key}`;
  const limit = AbortSignal.timeout(patience);
  const options = { headers, body, method: body === undefined ? "GET" : "POST", cache: "no-store" };
  let response;
  try {
    response = await fetch(API + path, { ...options, signal: signal ? AbortSignal.any([signal, limit]) : limit });
  } catch (error) {
    if (signal?.aborted) throw error;
    if (limit.aborted) throw new Refusal(0, `No answer within ${patience / 1000} s. It is asked again.`, { again: 1000 });
    throw new Refusal(0, `The api at ${location.host} does not answer. It is asked again every few seconds.`, { again: 3000 });
  }
  if (response.ok) return response;
  throw await refusal(response);
}

async function refusal(response) {
  const problem = await response.json().catch(() => ({}));
  const seconds = Number(response.headers.get("retry-after"));
  const again = response.status === 503 || response.status === 429 ? 1000 * (seconds || 2) : null;
  const known = { 401: "The api asks for a key.", 403: "This key does not allow that." }[response.status];
  return new Refusal(response.status, known ?? problem.detail ?? `The api answered ${response.status}.`, { errors: problem.errors, again });
}

// crypto.randomUUID is missing where the page is not served from this machine or by TLS.
function random() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
