package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import flashsale.observability.Stage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Value;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.json.JsonMapper;

/**
 * An alert on a meter that does not exist never fires, and a panel stays empty: every name in a rule or a dashboard is held
 * against what this service shows.
 */
class AlertsTest extends OnSharedServers {

    private static final Path RULES = Path.of("k8s/live/alerts.yaml");
    private static final Path SCALER = Path.of("k8s/overlays/sale-day/scaler.yaml");
    private static final Path DASHBOARDS = Path.of("k8s/dashboards");
    private static final Path RUNBOOKS = Path.of("docs/runbooks");

    private static final Pattern METRIC =
            Pattern.compile("\\b(?:flashsale|http|jvm|process|system|r2dbc|logback)_[a-z0-9_]+");
    private static final Pattern RECORDED = Pattern.compile("\\bflashsale:[a-z0-9_:]+");
    private static final Pattern SELECTOR =
            Pattern.compile("\\b([a-z0-9]+_[a-z0-9_]+)\\{((?:\"(?:[^\"]|\\\\\")*\"|[^}\"])*)}");
    private static final Pattern MATCHER = Pattern.compile("([a-z_]+)(=~|!~|!=|=)\"([^\"]*)\"");
    private static final Pattern OUTCOMES = Pattern.compile("outcome[!=]=?~?\"([a-z|-]+)\"");

    @Value("${local.management.port}")
    private int managementPort;

    @Test
    void everyMetricOfTheRulesIsThereAfterASmallSale() throws IOException {
        String sale = openSale();
        String buyer = app(user());
        api.get("/api/sales", null);
        api.get("/api/sales/" + sale, null);
        Api.Reply bought = api.buy(sale, buyer, "one", 1);
        assertThat(bought.status()).isEqualTo(201);
        api.call("POST", "/api/orders/" + bought.json().path("id").asString() + "/payment", buyer, null);
        Api management = new Api(managementPort);
        String asked = expressions() + "\n" + dashboards();

        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            String shown = scrape(management);
            assertThat(names(METRIC, shown)).containsAll(names(METRIC, asked));
            assertThat(labelsAskedInVain(asked, shown)).isEmpty();
        });
    }

    /**
     * Labels that no series of their metric has; and of those whose value this small sale makes sure of, values that none
     * has. Names of instances are Prometheus's own, and what
     * begins with {@code kube} is told by the cluster.
     */
    private static List<String> labelsAskedInVain(String asked, String shown) {
        return SELECTOR.matcher(asked)
                .results()
                .filter(selector -> !selector.group(1).startsWith("kube_"))
                .flatMap(selector -> MATCHER.matcher(selector.group(2))
                        .results()
                        .filter(matcher -> !Set.of("pod", "namespace", "job").contains(matcher.group(1)))
                        .filter(matcher -> shown.lines()
                                .filter(line -> line.startsWith(selector.group(1) + "{"))
                                .noneMatch(line -> has(line, matcher)))
                        .map(matcher -> selector.group(1) + " " + matcher.group()))
                .distinct()
                .toList();
    }

    private static boolean has(String series, MatchResult matcher) {
        boolean sure = Set.of("uri", "le", "area").contains(matcher.group(1))
                && matcher.group(2).equals("=");
        return series.contains(matcher.group(1) + "=\"" + (sure ? matcher.group(3) + "\"" : ""));
    }

    /** What StageFull rests on: a stage that turns away counts it from the start, and a cache counts nothing of that name. */
    @Test
    void onlyWhatTurnsAwayTellsHowMuch() {
        Set<String> silent =
                Arrays.stream(Stage.values()).map(Stage::tag).collect(Collectors.toCollection(TreeSet::new));
        scrape(new Api(managementPort))
                .lines()
                .filter(line -> line.startsWith("flashsale_stage_refused_total{"))
                .forEach(line -> silent.removeIf(stage -> line.contains("stage=\"" + stage + "\"")));
        assertThat(silent)
                .containsExactlyInAnyOrder(
                        "address-rates",
                        "bad-tokens",
                        "login-failures",
                        "verified-tokens",
                        "sessions",
                        "user-rates",
                        "winners",
                        "order-events",
                        "sale-pages",
                        "session-rechecks",
                        "order-tasks",
                        "access-log",
                        "log");
    }

    @Test
    void everyRecordedNameIsRecorded() throws IOException {
        assertThat(rules().stream().filter(rule -> rule.containsKey("record")).map(rule -> rule.get("record")
                        .toString()))
                .containsAll(names(RECORDED, expressions() + dashboards()));
    }

    @Test
    void everyOutcomeOfTheRulesExists() throws IOException {
        Set<String> outcomes = Arrays.stream(flashsale.purchase.PurchaseOutcome.class.getDeclaredClasses())
                .map(type -> type.getSimpleName()
                        .replaceAll("(?<=[a-z])(?=[A-Z])", "-")
                        .toLowerCase(Locale.ROOT))
                .collect(Collectors.toSet());
        Set<String> named = OUTCOMES.matcher(expressions())
                .results()
                .flatMap(match -> List.of(match.group(1).split("\\|", -1)).stream())
                .collect(Collectors.toSet());
        assertThat(named).isNotEmpty().isSubsetOf(outcomes);
    }

    @Test
    void everyAlertHasARunbook() throws IOException {
        Map<String, String> runbooks = rules().stream()
                .filter(rule -> rule.containsKey("alert"))
                .collect(Collectors.toMap(
                        rule -> rule.get("alert").toString(), rule -> ((Map<?, ?>) rule.get("annotations"))
                                .get("runbook")
                                .toString()));
        String list = Files.readString(RUNBOOKS.resolve("README.md"));
        for (var runbook : runbooks.entrySet()) {
            String file = runbook.getKey().toLowerCase(Locale.ROOT) + ".md";
            assertThat(runbook.getValue()).isEqualTo(RUNBOOKS + "/" + file);
            assertThat(Files.readString(RUNBOOKS.resolve(file))).startsWith("# " + runbook.getKey() + "\n");
            assertThat(list).contains("[" + runbook.getKey() + "](" + file + ")");
        }
        try (var files = Files.list(RUNBOOKS)) {
            assertThat(files).as("one for each, and the list").hasSize(runbooks.size() + 1);
        }
    }

    private static String scrape(Api management) {
        return management.get("/actuator/prometheus", null).text();
    }

    /** Of the rules and of the scaler. */
    private static String expressions() throws IOException {
        return rules().stream().map(rule -> rule.get("expr").toString()).collect(Collectors.joining("\n")) + "\n"
                + Files.readString(SCALER);
    }

    private static String dashboards() throws IOException {
        StringBuilder expressions = new StringBuilder();
        try (var files = Files.newDirectoryStream(DASHBOARDS, "*.json")) {
            for (Path file : files) {
                for (var expression :
                        JsonMapper.shared().readTree(Files.readString(file)).findValues("expr")) {
                    expressions.append(expression.asString()).append('\n');
                }
            }
        }
        assertThat(expressions).isNotEmpty();
        return expressions.toString();
    }

    private static Set<String> names(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(MatchResult::group).collect(Collectors.toCollection(TreeSet::new));
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> rules() throws IOException {
        Map<String, Map<String, List<Map<String, List<Map<String, Object>>>>>> document =
                new Yaml().load(Files.readString(RULES));
        return document.get("spec").get("groups").stream()
                .flatMap(group -> group.get("rules").stream())
                .toList();
    }
}
