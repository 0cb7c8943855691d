// A program that reads the SSE door, as a subscriber's would.

/** The first event that a secret gets, or the problem that it is refused with. */
export async function firstEvent(base, address, secret) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), 15_000);
  try {
    const answer = await fetch(new URL(`/v1/endpoints/${address}/events?from=earliest`, base), {
      headers: { accept: "text/event-stream", authorization: `Bearer ${secret}` },
      signal: stop.signal,
    });
    if (!answer.ok) return { status: answer.status, problem: await answer.json() };
    let text = "";
    for await (const part of answer.body.pipeThrough(new TextDecoderStream())) {
      text += part;
      const line = /^data: ?(.+)$/m.exec(text);
      if (line && text.indexOf("\n", line.index) > 0) return { status: answer.status, event: JSON.parse(line[1]) };
    }
    throw new Error(`the stream ended: ${text}`);
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

/** Follows until the stream ends: a promise of that, once the first event is there. */
export async function follow(base, address, secret) {
  const answer = await fetch(new URL(`/v1/endpoints/${address}/events?from=earliest`, base), {
    headers: { accept: "text/event-stream", authorization: `Bearer ${secret}` },
  });
  const reader = answer.body.getReader();
  await reader.read();
  const ended = (async () => {
    try {
      while (!(await reader.read()).done);
    } catch {
      // A stream whose right has ended is reset.
    }
  })();
  return { status: answer.status, ended };
}
