// A person with a keyboard alone: every step is a key, and after each the focus is somewhere, in sight.
import assert from "node:assert/strict";

const TABS_MAX = 60;
/** More stops than a page has. */
const STOPS_MAX = 150;
/** How long a page may take to have the focus again after another took its place. */
const LOST_MAX_MS = 2_000;

export class Keys {
  /** How many keys were pressed. */
  count = 0;

  constructor(page) {
    this.page = page;
  }

  async press(key) {
    this.count += 1;
    await this.page.keyboard.press(key);
    await this.inSight(key);
  }

  async type(text) {
    this.count += text.length;
    await this.page.keyboard.type(text);
  }

  /** Tabs on until what has the focus is called so. */
  async to(role, name, key = "Tab") {
    for (let times = 0; times < TABS_MAX; times += 1) {
      if (await this.at(role, name)) return;
      await this.press(key);
    }
    assert.fail(`${TABS_MAX} times ${key}, and no ${role} “${name}”: ${JSON.stringify(await this.page.evaluate(focused))}`);
  }

  /** Through the whole page that was just opened: nothing holds the focus, and everything in it has its turn. */
  async through() {
    await this.page.evaluate(() => void (window.had = new Set()));
    for (let times = 0; times < STOPS_MAX; times += 1) {
      this.count += 1;
      await this.page.keyboard.press("Tab");
      const stop = await this.page.evaluate(() => {
        const { activeElement: at } = document;
        const [end, again] = [!at || at === document.body, window.had.has(at)];
        window.had.add(at);
        const all = [...document.querySelectorAll("a[href], button:not(:disabled), input:not(:disabled), [tabindex='0']")];
        const missed = all.filter((one) => one.tabIndex >= 0 && one.checkVisibility() && !window.had.has(one) && one.type !== "radio");
        return { end: end || again, missed: missed.map((one) => one.outerHTML.slice(0, 120)), what: at?.outerHTML.slice(0, 120) };
      });
      if (!stop.end) continue;
      assert.deepEqual(stop.missed, [], `Tab comes past it; the last was ${stop.what}`);
      return;
    }
    assert.fail(`the page has more than ${STOPS_MAX} stops`);
  }

  async at(role, name) {
    const target = this.page.getByRole(role, { name, exact: typeof name === "string" }).and(this.page.locator(":focus"));
    return (await target.count()) > 0;
  }

  /** The focus is on something that can be seen to have it. */
  async inSight(after) {
    const begun = Date.now();
    let last;
    do {
      last = await this.page.evaluate(focused);
      if (!last.lost && last.visible) return;
      await this.page.waitForTimeout(50);
    } while (Date.now() - begun < LOST_MAX_MS);
    assert.fail(`after ${after}: ${last.lost ? "the focus is lost" : "one does not see the focus"}: ${JSON.stringify(last)}`);
  }
}

/** What has the focus, and whether one sees that it has. */
function focused() {
  const active = document.activeElement;
  if (!active || active === document.body) return { lost: true };
  // A page or a dialog that was just opened is read from its beginning: it is not one control among others.
  if (active.tabIndex < 0) return { visible: true, what: active.tagName };
  const box = active.getBoundingClientRect();
  const shown = (part) => {
    if (!part) return false;
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(part);
    return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 1) || (boxShadow !== "none" && boxShadow !== "");
  };
  const primary = getComputedStyle(document.documentElement).getPropertyValue("--mantine-primary-color-filled").trim();
  const probe = document.createElement("i");
  probe.style.color = primary;
  document.body.append(probe);
  const filled = getComputedStyle(probe).color;
  probe.remove();
  // A field shows it by its border, a choice by its label, an editor by its frame.
  const field = active.matches("input, textarea, select") && getComputedStyle(active).borderColor === filled;
  // The one field of a window that was opened to type into it: its caret blinks there.
  const alone = active.matches(".mantine-Spotlight-search");
  const around = [active, active.nextElementSibling, active.closest("label"), active.parentElement, active.closest(".cm-editor")];
  const within = box.bottom > 0 && box.top < innerHeight;
  return { visible: within && (field || alone || around.some(shown)), within, what: active.outerHTML.slice(0, 200) };
}
