// Renders every overlay and holds it against the schemas of its kinds, unknown fields refused, and against what this
// service needs of a cluster. Prints one line an overlay; exit code 1 and every complaint when something is wrong.
import { complaints } from "./complaints.mjs";
import { OVERLAYS, render } from "./render.mjs";

for (const overlay of OVERLAYS) {
  const objects = render(overlay);
  const found = [...complaints(overlay, objects)];
  found.forEach((complaint) => console.error(`${overlay}: ${complaint}`));
  console.log(`${overlay}: ${objects.length} objects, ${found.length} complaints`);
  if (found.length > 0 || objects.length === 0) process.exitCode = 1;
}
