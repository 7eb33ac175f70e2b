import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";

const overlays = join(dirname(fileURLToPath(import.meta.url)), "..", "overlays");

export const OVERLAYS = readdirSync(overlays);

/** The objects of an overlay. By another kubectl than the one on the path: KUBECTL=... npm test */
export function render(overlay) {
  const yaml = execFileSync(process.env.KUBECTL ?? "kubectl", ["kustomize", join(overlays, overlay)], {
    encoding: "utf8",
    // What today's kustomize says of the words that kubectl 1.20 understands; shown when it fails.
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 << 20,
  });
  return parseAllDocuments(yaml).map((document) => document.toJS());
}
