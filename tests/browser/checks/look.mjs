// The main pages look as they did: each is made small and grey, without numbers and times, and held
// against a picture in `baseline/`. UPDATE=1 writes those anew; look at the pages before.
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

export const says = "the main pages look as they did";
const BASELINE = fileURLToPath(new URL("../baseline/", import.meta.url));
const PAGES = {
  Dana: {
    home: "/", catalogue: "/endpoints", table: "/endpoints?layout=table", endpoint: "/endpoints/orders", schema: "/endpoints/orders/schema",
    connect: "/endpoints/orders/connect", subscribe: "/endpoints/orders/subscribe", application: "/applications/storefront-analytics",
  },
  Omar: { approvals: "/approvals", policy: "/policies/mask-for-support", editor: "/edit/endpoints/orders", discover: "/discover/demo" },
  Ada: { people: "/people" },
};
const SCHEMES = { Dana: ["light", "dark"], Omar: ["light"], Ada: ["light"] };
/** One point of a picture is so many pixels of the page, each way. */
const SHRUNK = 8;
/** Of 255: how much all points may differ, and how many may differ by how much. */
const MEAN_MAX = 0.6;
const POINT_MAX = 12;
const POINTS_MAX = 0.006;

export default async function look(world) {
  const update = process.env.UPDATE === "1";
  const canvas = await world.browser.newPage();
  const machine = await machineOf(world, canvas);
  const known = JSON.parse(await readFile(join(BASELINE, "machine.json"), "utf8").catch(() => "{}"));
  if (!update && JSON.stringify(known) !== JSON.stringify(machine)) {
    await canvas.close();
    return "SKIPPED: fonts or Chromium are not those of the baseline; UPDATE=1 makes one for this machine";
  }
  if (update) await mkdir(BASELINE, { recursive: true });
  const wrong = [];
  let count = 0;
  for (const [who, pages] of Object.entries(PAGES)) {
    for (const scheme of SCHEMES[who]) {
      const one = await world.person(who, { colorScheme: scheme });
      for (const [name, path] of Object.entries(pages)) {
        await one.go(path);
        const now = await shrunk(canvas, await still(one.page));
        const file = join(BASELINE, `${name}-${scheme}.png`);
        count += 1;
        if (update) await writeFile(file, Buffer.from(now.split(",")[1], "base64"));
        else wrong.push(...(await compared(canvas, `${name}, ${scheme}`, now, await readFile(file, "base64").catch(() => ""))));
      }
      await one.leave();
    }
  }
  if (update) await writeFile(join(BASELINE, "machine.json"), `${JSON.stringify(machine, null, 2)}\n`);
  await canvas.close();
  if (wrong.length > 0) throw new Error(`Look at these pages; UPDATE=1 if they are meant:\n${wrong.join("\n")}`);
  return update ? `${count} pictures written, ${(await readdir(BASELINE)).length} files` : `${count} pages`;
}

/** What a picture depends on besides the product: the browser, and how wide its letters are. */
async function machineOf(world, page) {
  const chromium = world.browser.version().split(".")[0];
  const letters = await page.evaluate(() => {
    const context = document.createElement("canvas").getContext("2d");
    const families = ["Inter, system-ui, sans-serif", "ui-monospace, Menlo, Consolas, monospace"];
    return families.map((family) => {
      context.font = `600 40px ${family}`;
      return Math.round(context.measureText("Sluicegate gives 0123 events, quickly & WAVILY").width);
    });
  });
  return { chromium, letters };
}

/** A picture of the page without what is another thing each time. */
async function still(page) {
  await page.mouse.move(0, 0);
  await page.evaluate(() => {
    document.activeElement?.blur();
    for (const time of document.querySelectorAll("time")) time.textContent = "some time ago";
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const { data, parentElement } = texts.currentNode;
      // The numbers of a style sheet are how the page looks.
      if (parentElement?.closest("style, script")) continue;
      const masked = data.replace(/\d[\d.,:]*/g, "0");
      if (masked !== data) texts.currentNode.data = masked;
    }
    const charts = document.querySelectorAll("main svg[role=img], main canvas, [data-chart], .mantine-Notifications-root");
    for (const chart of charts) chart.style.visibility = "hidden";
  });
  return page.screenshot({ animations: "disabled", caret: "hide" });
}

/** Small and grey, as the data of a PNG. */
function shrunk(page, picture) {
  return page.evaluate(
    async ([data, by]) => {
      const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [Math.floor(image.width / by), Math.floor(image.height / by)];
      const context = canvas.getContext("2d");
      context.imageSmoothingQuality = "high";
      context.filter = "grayscale(1)";
      context.drawImage(image, 0, 0, canvas.width, canvas.height);
      return canvas.toDataURL("image/png");
    },
    [picture.toString("base64"), SHRUNK],
  );
}

async function compared(page, name, now, before) {
  if (before === "") return [`${name}: there is no picture of it`];
  const { mean, points, where } = await page.evaluate(
    async ([one, other, most]) => {
      const pixels = async (url) => {
        const image = await createImageBitmap(await (await fetch(url)).blob());
        const canvas = new OffscreenCanvas(image.width, image.height);
        const context = canvas.getContext("2d");
        context.drawImage(image, 0, 0);
        return context.getImageData(0, 0, image.width, image.height);
      };
      const [a, b] = [await pixels(one), await pixels(other)];
      if (a.width !== b.width || a.height !== b.height) return { mean: 255, points: 1, where: "another size" };
      let [sum, far, first] = [0, 0, -1];
      for (let at = 0; at < a.data.length; at += 4) {
        const difference = Math.abs(a.data[at] - b.data[at]);
        sum += difference;
        if (difference > most) {
          far += 1;
          if (first < 0) first = at / 4;
        }
      }
      const count = a.data.length / 4;
      return { mean: sum / count, points: far / count, where: `from ${first % a.width},${Math.floor(first / a.width)} on` };
    },
    [now, `data:image/png;base64,${before}`, POINT_MAX],
  );
  if (mean <= MEAN_MAX && points <= POINTS_MAX) return [];
  return [`${name}: differs by ${mean.toFixed(2)} of 255, ${(points * 100).toFixed(2)} % of the points much, ${where}`];
}
