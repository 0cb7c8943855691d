/** How long a window may take until its field has the focus. */
const OPENING_MAX_MS = 3_000;

/** What is typed while a window opens is meant for its field, which has the focus a moment later: until
 *  then each character goes to `add`, and not into whatever had the focus before. Ends by itself, or when
 *  what is returned is called. */
export function takeTypedAhead(field: string, add: (character: string) => void): () => void {
  const stop = () => {
    window.removeEventListener('keydown', take, true);
    clearTimeout(late);
  };
  const take = (event: KeyboardEvent) => {
    if (document.activeElement?.matches(field)) {
      stop();
      return;
    }
    const command = event.ctrlKey || event.metaKey || event.altKey || event.isComposing;
    if (command || event.key.length !== 1) return;
    event.preventDefault();
    event.stopPropagation();
    add(event.key);
  };
  const late = setTimeout(stop, OPENING_MAX_MS);
  window.addEventListener('keydown', take, true);
  return stop;
}
