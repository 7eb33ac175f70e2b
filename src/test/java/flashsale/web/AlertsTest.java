package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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

/** An alert on a meter that does not exist never fires: every name in a rule is held against what this service shows. */
class AlertsTest extends OnSharedServers {

    private static final Path RULES = Path.of("k8s/live/alerts.yaml");
    private static final Path RUNBOOKS = Path.of("docs/runbooks.md");

    private static final Pattern METRIC = Pattern.compile("\\b(?:flashsale|http|jvm|process)_[a-z0-9_]+");
    private static final Pattern OUTCOMES = Pattern.compile("outcome[!=]=?~?\"([a-z|-]+)\"");

    @Value("${local.management.port}")
    private int managementPort;

    @Test
    void everyMetricOfTheRulesIsThereAfterASmallSale() throws IOException {
        String sale = openSale();
        assertThat(api.buy(sale, app(user()), "one", 1).status()).isEqualTo(201);
        Api management = new Api(managementPort);

        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(names(METRIC, scrape(management)))
                .containsAll(names(METRIC, expressions())));
    }

    @Test
    void everyOutcomeOfTheRulesExists() throws IOException {
        Set<String> outcomes = java.util.Arrays.stream(flashsale.purchase.PurchaseOutcome.class.getDeclaredClasses())
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
        List<String> headings = Files.readAllLines(RUNBOOKS).stream()
                .filter(line -> line.startsWith("## "))
                .map(line -> line.substring(3))
                .toList();
        List<String> alerts = rules().stream()
                .filter(rule -> rule.containsKey("alert"))
                .map(rule -> rule.get("alert").toString())
                .toList();
        assertThat(headings).containsExactlyInAnyOrderElementsOf(alerts);
        assertThat(rules().stream().filter(rule -> rule.containsKey("alert")).map(rule -> ((Map<?, ?>)
                                rule.get("annotations"))
                        .get("runbook_url")
                        .toString()))
                .containsExactlyElementsOf(alerts.stream()
                        .map(alert -> "docs/runbooks.md#" + alert.toLowerCase(Locale.ROOT))
                        .toList());
    }

    private static String scrape(Api management) {
        return management.get("/actuator/prometheus", null).text();
    }

    private static String expressions() throws IOException {
        return rules().stream().map(rule -> rule.get("expr").toString()).collect(Collectors.joining("\n"));
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
