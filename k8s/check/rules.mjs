// Holds the alerts against promtool: `check rules` on the groups of the PrometheusRule, `test rules` on alerts.test.yaml, in which
// each alert must be seen firing and seen silent; and `check rules` on what the dashboards ask. What the scaler asks is in those cases too,
// as flashsale:scaler. Exit code 1 and every complaint when something is wrong.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";

const here = dirname(fileURLToPath(import.meta.url));
const { groups } = parse(readFileSync(join(here, "..", "live", "alerts.yaml"), "utf8")).spec;
const scaler = parse(readFileSync(join(here, "..", "overlays", "sale-day", "scaler.yaml"), "utf8"))
  .spec.triggers.filter(({ type }) => type === "prometheus")
  .map(({ metadata }) => ({ record: "flashsale:scaler", expr: metadata.query }));
const { tests } = parse(readFileSync(join(here, "alerts.test.yaml"), "utf8"));

function* untried() {
  const seen = tests.flatMap((test) => test.promql_expr_test);
  for (const { alert } of groups.flatMap((group) => group.rules).filter((rule) => rule.alert)) {
    const cases = seen.filter(({ expr }) => expr.includes(`alertname="${alert}"`));
    if (!cases.some((one) => one.exp_samples.length > 0)) yield `${alert} fires in no case of alerts.test.yaml`;
    if (!cases.some((one) => one.exp_samples.length === 0)) yield `${alert} is silent in no case of alerts.test.yaml`;
  }
  if (scaler.length === 0 || !seen.some(({ expr }) => expr === "flashsale:scaler")) yield "the scaler's question is asked in no case of alerts.test.yaml";
}

/** What the panels ask, each as if it were to be recorded: promtool reads no dashboard. */
function panels() {
  const folder = join(here, "..", "dashboards");
  const rules = readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .flatMap((file) => JSON.parse(readFileSync(join(folder, file), "utf8")).panels)
    .flatMap((panel) => panel.targets ?? [])
    .map(({ expr }, index) => ({ record: `panel:${index}`, expr: expr.replaceAll("$__rate_interval", "1m") }));
  return [{ name: "panels", rules }];
}

function promtool(folder, ...args) {
  const { status, stdout, stderr, error } = spawnSync("promtool", args, { cwd: folder, encoding: "utf8" });
  if (error) throw error;
  return status === 0 ? [] : [`promtool ${args.join(" ")}:\n${stdout}${stderr}`];
}

const folder = mkdtempSync(join(tmpdir(), "flash-sale-rules-"));
try {
  writeFileSync(join(folder, "rules.yaml"), stringify({ groups: [...groups, { name: "scaler", rules: scaler }] }));
  copyFileSync(join(here, "alerts.test.yaml"), join(folder, "alerts.test.yaml"));
  writeFileSync(join(folder, "panels.yaml"), stringify({ groups: panels() }));
  const complaints = [
    ...untried(),
    ...promtool(folder, "check", "rules", "rules.yaml"),
    ...promtool(folder, "check", "rules", "panels.yaml"),
    ...promtool(folder, "test", "rules", "alerts.test.yaml"),
  ];
  complaints.forEach((complaint) => console.error(complaint));
  console.log(`alerts: ${groups.flatMap((group) => group.rules).length} rules, ${tests.length} cases, ${complaints.length} complaints`);
  process.exitCode = complaints.length > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true });
}
