// A check that cannot fail says nothing: each manifest is broken in one place, and the complaint has to come.
import assert from "node:assert/strict";
import { test } from "node:test";
import { complaints } from "./complaints.mjs";
import { render } from "./render.mjs";

const of = (objects, kind, name = "flash-sale") => objects.find((o) => o.kind === kind && o.metadata.name === name);
const pod = (objects) => of(objects, "Deployment").spec.template;
const api = (objects) => pod(objects).spec.containers[0];
const without = (objects, kind) => objects.splice(objects.findIndex((o) => o.kind === kind), 1);

const BREAKS = {
  "Deployment flash-sale: /spec/replica is unknown": (all) => (of(all, "Deployment").spec.replica = 3),
  "Deployment flash-sale: its selector does not match": (all) => (pod(all).metadata.labels["app.kubernetes.io/name"] = "another"),
  "Deployment flash-sale: mounts a service account's token": (all) => delete pod(all).spec.automountServiceAccountToken,
  'Deployment flash-sale: not "restricted"': (all) => (pod(all).spec.securityContext.runAsNonRoot = false),
  "Deployment flash-sale: container flash-sale may do more": (all) => (api(all).securityContext.readOnlyRootFilesystem = false),
  "Deployment flash-sale: container flash-sale has no fixed tag": (all) => (api(all).image = "registry.example:5000/flash-sale"),
  "component=api holds back nothing": (all) => delete of(all, "Deployment").metadata.labels["app.kubernetes.io/component"],
  "component=api holds back Deployment, Job": (all) =>
    (all.find((o) => o.kind === "Job").metadata.labels["app.kubernetes.io/component"] = "api"),
  "Deployment flash-sale: memory request and limit differ": (all) => (api(all).resources.limits.memory = "2Gi"),
  "Deployment flash-sale: a CPU limit throttles": (all) => (api(all).resources.limits.cpu = "2"),
  "Deployment flash-sale: readinessProbe asks port admin": (all) => (api(all).readinessProbe.httpGet.port = "admin"),
  "Deployment flash-sale: liveness must not depend": (all) => (api(all).livenessProbe.httpGet.path = "/actuator/health/readiness"),
  "Deployment flash-sale: no readinessProbe": (all) => delete api(all).readinessProbe,
  "Deployment flash-sale: ends while proxies still send to it": (all) => delete api(all).lifecycle,
  "Deployment flash-sale: killed before its purchases are answered, within 33 s": (all) =>
    (pod(all).spec.terminationGracePeriodSeconds = 32),
  "Deployment flash-sale: no ConfigMap": (all) => (api(all).envFrom[0].configMapRef.name = "another"),
  "Deployment flash-sale: a secret's value in SPRING_R2DBC_PASSWORD": (all) =>
    api(all).env.push({ name: "SPRING_R2DBC_PASSWORD", value: "x" }),
  "a secret's value in SPRING_DATA_REDIS_URL": (all) =>
    (all.find((o) => o.kind === "ConfigMap").data.SPRING_DATA_REDIS_URL = "redis://:hunter2@redis:6379"),
  "Secret flash-sale: a secret's value": (all) => all.push({ apiVersion: "v1", kind: "Secret", metadata: { name: "flash-sale" } }),
  "Service flash-sale: selects 0 workloads": (all) => (of(all, "Service").spec.selector["app.kubernetes.io/name"] = "another"),
  "Service flash-sale: no pod has port web": (all) => (of(all, "Service").spec.ports[0].targetPort = "web"),
  "ServiceMonitor flash-sale: watches 0 services": (all) =>
    delete of(all, "Service", "flash-sale-management").metadata.labels["app.kubernetes.io/component"],
  "PodDisruptionBudget flash-sale: may take all of 3 replicas": (all) => (of(all, "PodDisruptionBudget").spec.maxUnavailable = 3),
  "no PodDisruptionBudget": (all) => without(all, "PodDisruptionBudget"),
  "no ServiceMonitor": (all) => without(all, "ServiceMonitor"),
  "no PrometheusRule": (all) => without(all, "PrometheusRule"),
  "the namespace is not restricted": (all) => (of(all, "Namespace").metadata.labels = {}),
  "no NetworkPolicy denies": (all) => without(all, "NetworkPolicy"),
};

const rules = (objects) => of(objects, "PrometheusRule").spec.groups.flatMap((group) => group.rules);
const rule = (objects, name) => rules(objects).find(({ alert, record }) => name === (alert ?? record));
const asks = (name, from, to) => (all) => (rule(all, name).expr = rule(all, name).expr.replace(from, to));
const JOB = 'job="flash-sale-management"';
const board = (from, to) => (all) => {
  const { data } = of(all, "ConfigMap", "flash-sale-dashboards");
  data["jvm-and-stores.json"] = data["jvm-and-stores.json"].replace(from, to);
};

const ASKING_BREAKS = {
  "Faults: http_server_requests_seconds_count of any other application": asks("Faults", `${JOB},`, ""),
  "flashsale:taps_slow:ratio_rate3d: http_server_requests_seconds_bucket of any": asks("flashsale:taps_slow:ratio_rate3d", `${JOB},`, ""),
  "RedisAway: flashsale_redis_up of any other application": asks("RedisAway", `{${JOB}}`, ""),
  "RedisAway: up of any other application": asks("RedisAway", /^.*$/, "min by (namespace) (up) == 0"),
  "Faults: http_server_requests_seconds_count of any other application too, without job": asks("Faults", JOB, 'job!="flash-sale-management"'),
  "StockDrift: mixes the copies": asks("StockDrift", " by (namespace)", ""),
  "StageFull: mixes the copies": asks("StageFull", "namespace, ", ""),
  "Faults: http_server_requests_seconds_count of any": (all) => (of(all, "Service", "flash-sale-management").metadata.name = "another"),
  "NodesMissing: kube_deployment_spec_replicas of any": asks("NodesMissing", '{deployment="flash-sale"}', ""),
  "NodesMissing: the autoscaler keeps 5 nodes at least": (all) => (of(all, "HorizontalPodAutoscaler").spec.minReplicas = 5),
  "Faults: its runbook_url is no URL": (all) => (rule(all, "Faults").annotations.runbook_url = "docs/runbooks/faults.md"),
  "jvm-and-stores.json, Heap: jvm_memory_used_bytes of any other application too, without job": board('job=\\"flash-sale-management\\",', ""),
  "jvm-and-stores.json, Heap: jvm_memory_used_bytes of any other application too, without namespace": board('namespace=\\"$namespace\\",', ""),
};

const SCALER_BREAKS = {
  "ScaledObject flash-sale: flashsale_purchases_total of any other application": (all) => {
    const { metadata } = of(all, "ScaledObject").spec.triggers.find(({ type }) => type === "prometheus");
    metadata.query = metadata.query.replace(`${JOB},`, "");
  },
};

const way = (objects) => of(objects, "NetworkPolicy", "flash-sale-traces").spec.egress[0];
const variables = (objects) => objects.find((o) => o.kind === "ConfigMap" && o.data.SPRING_PROFILES_ACTIVE).data;

const TRACED_BREAKS = {
  "traces go to port 4318, and no NetworkPolicy lets them out": (all) =>
    all.splice(all.indexOf(of(all, "NetworkPolicy", "flash-sale-traces")), 1),
  "traces go to port 4317, and no NetworkPolicy lets them out": (all) =>
    (variables(all).MANAGEMENT_OPENTELEMETRY_TRACING_EXPORT_OTLP_ENDPOINT = "http://opentelemetry-collector.observability:4317/v1/traces"),
  "traces go to opentelemetry-collector.elsewhere, and the way out to namespace observability": (all) =>
    (variables(all).MANAGEMENT_OPENTELEMETRY_TRACING_EXPORT_OTLP_ENDPOINT = "http://opentelemetry-collector.elsewhere:4318/v1/traces"),
  "port 4318 is open to more than the collector of traces": (all) => delete way(all).to[0].podSelector,
  "port 4318 is open to more": (all) => delete way(all).to,
  "traces are on, and no address": (all) => delete variables(all).MANAGEMENT_OPENTELEMETRY_TRACING_EXPORT_OTLP_ENDPOINT,
  "nodes may send to port 4318, and send no traces": (all) => delete variables(all).MANAGEMENT_OPENTELEMETRY_ENABLED,
};

for (const [overlay, breaks] of [
  ["production", { ...BREAKS, ...ASKING_BREAKS }],
  ["sale-day", SCALER_BREAKS],
  ["production-traced", TRACED_BREAKS],
]) {
  const rendered = render(overlay);
  test(`nothing is wrong with ${overlay} as it is`, () => assert.deepEqual([...complaints(overlay, rendered)], []));

  for (const [complaint, breakIt] of Object.entries(breaks)) {
    test(complaint, () => {
      const objects = structuredClone(rendered);
      breakIt(objects);
      const found = [...complaints(overlay, objects)];
      assert.ok(found.some((one) => one.includes(complaint)), `said only: ${found.join("; ") || "nothing"}`);
    });
  }
}
