// The REST API as one of the demo's people: for what stands before a journey, and for what it is held against.
import assert from "node:assert/strict";

/** `(method, path, body?) → answer`; a body that is a text is YAML. */
export async function signedInRest(base, user) {
  const ways = await (await fetch(new URL("/api/v1/session/ways", base))).json();
  const known = ways.demo.find((one) => one.user === user);
  assert.ok(known, `the demo knows ${user}`);
  const entered = await fetch(new URL("/api/v1/session", base), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ user, password: known.password }),
  });
  const told = await entered.text();
  assert.equal(entered.status, 200, told);
  const cookie = entered.headers.getSetCookie().map((line) => line.split(";")[0]).join("; ");
  const { csrfToken } = JSON.parse(told);
  return async (method, path, body) => {
    const type = typeof body === "string" ? "application/yaml" : "application/json";
    const answer = await fetch(new URL(`/api/v1${path}`, base), {
      method,
      headers: { cookie, "x-csrf-token": csrfToken, ...(body === undefined ? {} : { "content-type": type }) },
      body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${user}: ${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };
}

/** A document of the catalog. */
export function document(kind, name, spec) {
  return { apiVersion: "sluicegate/v1", kind, metadata: { name }, spec };
}
