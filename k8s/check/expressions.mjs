// What alerts, dashboards and the scaler ask Prometheus, held against what tells this service from others of the same Prometheus.
// Reads PromQL as far as that: names, their selectors, and what an aggregation keeps. promtool reads the rest (rules.mjs).

const WORDS = new Set(["and", "or", "unless", "offset", "bool", "by", "without", "on", "ignoring", "group_left", "group_right", "inf", "nan"]);
const NAME = /(?<![\w:$.])([a-zA-Z_:][\w:]*)\s*(\{[^}]*\})?(\s*\()?/g;
const AGGREGATION = /\b(?:sum|min|max|avg|count|group|topk|bottomk|quantile|stddev|stdvar|count_values)\s*(?:by\s*\(([^)]*)\)\s*)?\(/g;

/** Braces and words inside a string are none of the language's. */
function withoutStrings(expression) {
  const strings = [];
  const bare = expression.replace(/"(?:[^"\\]|\\.)*"/g, (string) => `"${strings.push(string) - 1}"`);
  return { bare, whole: (text) => text.replace(/"(\d+)"/g, (_, index) => strings[index]) };
}

/** Each metric with the matchers of its selector. */
export function selectors(expression) {
  const { bare, whole } = withoutStrings(expression);
  const asked = bare.replace(/\[[^\]]*\]/g, "").replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, " ");
  return [...asked.matchAll(NAME)]
    .filter(([, name, braces, call]) => !WORDS.has(name.toLowerCase()) && (braces || !call))
    .map(([, name, braces]) => ({ name, matchers: whole(braces ?? "{}").slice(1, -1).split(/,(?=\s*[a-z_]+[=!])/).map((one) => one.trim()) }));
}

function* unselected(name, expression, wanted) {
  for (const { name: metric, matchers } of selectors(expression)) {
    if (metric === "ALERTS") continue;
    for (const matcher of wanted(metric)) {
      if (!matchers.includes(matcher)) yield `${name}: ${metric} of any other application too, without ${matcher}`;
    }
  }
}

function* mixing(name, expression) {
  for (const [, kept] of withoutStrings(expression).bare.matchAll(AGGREGATION)) {
    if (!kept?.split(",").some((label) => label.trim() === "namespace")) yield `${name}: mixes the copies of several namespaces`;
  }
}

/** The job as Prometheus's operator calls it where the monitor names no label: by the Service. */
function jobOf(objects) {
  const monitor = objects.find((o) => o.kind === "ServiceMonitor");
  const labels = Object.entries(monitor?.spec.selector.matchLabels ?? {});
  return objects.find((o) => o.kind === "Service" && labels.every(([key, value]) => o.metadata.labels?.[key] === value))?.metadata.name;
}

const panels = (board) => board.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);

/** Everything that an overlay asks of another application, or of another copy of this one. */
export function* expressionComplaints(objects) {
  const job = `job="${jobOf(objects)}"`;
  const deployment = `deployment="${objects.find((o) => o.kind === "Deployment")?.metadata.name}"`;
  const least = objects.map((o) => o.spec?.minReplicas ?? o.spec?.minReplicaCount).find((replicas) => replicas !== undefined);
  const ours = (metric) => (metric.startsWith("kube_") ? [deployment] : metric.startsWith("flashsale:") ? [] : [job]);
  for (const rule of objects.filter((o) => o.kind === "PrometheusRule").flatMap((o) => o.spec.groups).flatMap((group) => group.rules)) {
    const name = rule.alert ?? rule.record;
    yield* unselected(name, rule.expr, ours);
    yield* mixing(name, rule.expr);
    if (rule.alert === "NodesMissing" && !rule.expr.includes(`+ ${least}\n`)) yield `${name}: the autoscaler keeps ${least} nodes at least`;
    if (rule.annotations?.runbook_url && !URL.canParse(rule.annotations.runbook_url)) yield `${name}: its runbook_url is no URL`;
  }
  for (const [file, text] of objects.filter((o) => o.kind === "ConfigMap").flatMap((o) => Object.entries(o.data ?? {}))) {
    if (!file.endsWith(".json")) continue;
    for (const { title, targets } of panels(JSON.parse(text))) {
      for (const { expr } of targets ?? []) yield* unselected(`${file}, ${title}`, expr, (metric) => [...ours(metric), 'namespace="$namespace"']);
    }
  }
  for (const { metadata, spec } of objects.filter((o) => o.kind === "ScaledObject")) {
    for (const trigger of spec.triggers.filter(({ type }) => type === "prometheus")) {
      yield* unselected(`ScaledObject ${metadata.name}`, trigger.metadata.query, (metric) => [...ours(metric), `namespace="${metadata.namespace}"`]);
    }
  }
}
