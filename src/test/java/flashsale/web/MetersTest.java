package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import flashsale.observability.Meters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Value;

/** docs/meters.md, the list in the code and what a node shows after a small sale are the same. */
class MetersTest extends OnSharedServers {

    private static final Path TABLE = Path.of("docs", "meters.md");

    private static final Pattern SAMPLE = Pattern.compile("(flashsale_[a-z0-9_]+)(?:\\{([^}]*)})? .*");
    private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"([^\"]*)\"");
    private static final Pattern TYPE = Pattern.compile("# TYPE (flashsale_[a-z0-9_]+) ([a-z]+)");
    private static final Pattern HELP = Pattern.compile("# HELP (flashsale_[a-z0-9_]+) (.*)");

    /** What a summary's name is followed by. */
    private static final Pattern PART = Pattern.compile("_(count|sum|max)$");

    private static final Set<String> WITH_A_SALE = Set.of(
            "flashsale_sale_stock",
            "flashsale_sale_available",
            "flashsale_sale_held",
            "flashsale_sale_sold",
            "flashsale_sale_epoch");

    @Value("${local.management.port}")
    private int managementPort;

    /** As a line of the table. */
    private record Row(String name, String type, String tags, String text) {
        @Override
        public String toString() {
            return "| `%s` | %s | %s | %s |".formatted(name, type, tags.isEmpty() ? "" : "`" + tags + "`", text);
        }
    }

    @Test
    void theTableIsTheListInTheCode() throws IOException {
        assertThat(table().stream().map(row -> row.name() + ": " + row.text()))
                .containsExactlyElementsOf(Arrays.stream(Meters.values())
                        .map(meter -> prometheusName(meter) + ": " + meter.description())
                        .toList());
    }

    @Test
    void aSmallSaleShowsEachOfThemWithTheseTagsAndTellsNobodysName() throws IOException {
        // Other tests leave more open sales than are told apart; those that began last are.
        String sale = openSale(Instant.now().minusSeconds(3).toString());
        String name = user();
        String token = app(name);
        Api.Reply order = api.buy(sale, token, "one", 1);
        assertThat(order.status()).isEqualTo(201);
        String orderId = order.json().path("id").asString();
        assertThat(api.post("/api/orders/" + orderId + "/payment", token, null, "Idempotency-Key", "two")
                        .status())
                .isEqualTo(202);
        List<String> documented = table().stream().map(Row::toString).sorted().toList();

        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
            String shown = scrape();
            assertThat(shown(shown).stream().map(Row::toString).toList()).containsExactlyElementsOf(documented);
            // Those of other tests' sales may be enough for the table before this one is in the list.
            assertThat(shown).contains("flashsale_sale_epoch{sale=\"" + sale + "\"} 1.0");
        });

        String scrape = scrape();
        assertThat(scrape).doesNotContain(orderId).doesNotContain(name);
        assertThat(values(scrape, WITH_A_SALE::contains)).contains(sale).hasSizeLessThanOrEqualTo(100);
        assertThat(values(scrape, meter -> !WITH_A_SALE.contains(meter)))
                .as("ids are numbers, or have some")
                .noneMatch(value -> value.matches(".*[0-9]{3}.*"));
        assertThat(scrape)
                .contains("flashsale_sale_stock{sale=\"" + sale + "\"} 100.0")
                .contains("flashsale_sale_epoch{sale=\"" + sale + "\"} 1.0");
        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(scrape())
                .contains("flashsale_sale_available{sale=\"" + sale + "\"} 99.0")
                .contains("flashsale_sale_held{sale=\"" + sale + "\"} 0.0")
                .contains("flashsale_sale_sold{sale=\"" + sale + "\"} 1.0"));
    }

    private String scrape() {
        return new Api(managementPort).get("/actuator/prometheus", null).text();
    }

    private static String prometheusName(Meters meter) {
        String name = meter.meterName().replace('.', '_');
        return switch (meter) {
            case PURCHASES,
                    STAGE_REFUSED,
                    CHARGES,
                    CONNECTIONS_ENDED,
                    ADMISSION_REFUSED,
                    ADDRESS_REFUSED,
                    BAD_TOKENS,
                    OUTBOX_RELAYED,
                    DEGRADATION_CHANGES -> name + "_total";
            default -> name;
        };
    }

    private static List<Row> table() throws IOException {
        return Files.readAllLines(TABLE).stream()
                .filter(line -> line.startsWith("| `flashsale_"))
                .map(line -> line.split(" *\\| *", -1))
                .map(cells -> new Row(cells[1].replace("`", ""), cells[2], cells[3].replace("`", ""), cells[4]))
                .toList();
    }

    private static List<Row> shown(String scrape) {
        TreeMap<String, String> types = new TreeMap<>(all(TYPE, scrape)
                .collect(Collectors.toMap(match -> match.group(1), match -> match.group(2), (one, other) -> one)));
        TreeMap<String, String> texts = new TreeMap<>(all(HELP, scrape)
                .collect(Collectors.toMap(match -> match.group(1), match -> match.group(2), (one, other) -> one)));
        TreeMap<String, Set<String>> tags = new TreeMap<>();
        all(SAMPLE, scrape).forEach(sample -> tags.computeIfAbsent(
                        types.containsKey(sample.group(1)) ? sample.group(1) : whole(sample.group(1)),
                        name -> new TreeSet<>())
                .addAll(labels(sample).map(label -> label.group(1)).toList()));
        return types.keySet().stream()
                .filter(name -> !name.endsWith("_max") || !types.containsKey(whole(name)))
                .map(name -> new Row(
                        name, types.get(name), String.join(", ", tags.getOrDefault(name, Set.of())), texts.get(name)))
                .sorted(Comparator.comparing(Row::toString))
                .toList();
    }

    private static String whole(String name) {
        return PART.matcher(name).replaceFirst("");
    }

    /** Of all labels of those meters. */
    private static Set<String> values(String scrape, Predicate<String> meters) {
        return all(SAMPLE, scrape)
                .filter(sample -> meters.test(sample.group(1)))
                .flatMap(MetersTest::labels)
                .map(label -> label.group(2))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Stream<Matcher> labels(Matcher sample) {
        return sample.group(2) == null ? Stream.of() : found(LABEL.matcher(sample.group(2)));
    }

    private static Stream<Matcher> found(Matcher matcher) {
        return matcher.results().map(result -> {
            Matcher one = matcher.pattern().matcher(result.group());
            one.matches();
            return one;
        });
    }

    private static Stream<Matcher> all(Pattern pattern, String text) {
        return text.lines().map(pattern::matcher).filter(Matcher::matches);
    }
}
