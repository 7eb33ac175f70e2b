package flashsale.observability;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.shop.Shop;
import flashsale.shop.Stages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** docs/backpressure.md says what the code says and what a node reports. */
class BackpressureTest {

    private static final Path TESTS = Path.of("src", "test", "java", "flashsale");

    private record Row(String stage, long bound, String test) {}

    private final List<Row> rows = rows();

    /** Those whose first cell names a stage and whose third is a number. */
    private static List<Row> rows() {
        try (var lines = Files.lines(Path.of("docs", "backpressure.md"))) {
            return lines.map(line -> line.split(" *\\| *"))
                    .filter(cells -> cells.length == 7 && cells[3].matches("[0-9,]+"))
                    .map(cells -> new Row(
                            cells[1].replace("`", ""),
                            Long.parseLong(cells[3].replace(",", "")),
                            cells[6].replace("`", "")))
                    .toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void everyStageHasItsRowAndEveryRowItsStage() {
        assertThat(rows)
                .extracting(Row::stage)
                .containsExactlyElementsOf(
                        Arrays.stream(Stage.values()).map(Stage::tag).toList());
    }

    @Test
    void aNodeReportsEachStageWithTheBoundOfTheTable() {
        Stages stages = new Stages(Shop.shared());
        assertThat(rows).allSatisfy(row -> {
            Stage stage = Arrays.stream(Stage.values())
                    .filter(one -> one.tag().equals(row.stage()))
                    .findFirst()
                    .orElseThrow();
            assertThat(stages.bound(stage)).as("bound of %s", stage).isEqualTo(row.bound());
            assertThat(stages.depth(stage)).as("depth of %s", stage).isBetween(0L, row.bound());
        });
    }

    @Test
    void theTestThatFillsAStageNamesIt() throws IOException {
        for (Row row : rows) {
            try (var files = Files.walk(TESTS)) {
                Path test = files.filter(file -> file.endsWith(row.test() + ".java"))
                        .findFirst()
                        .orElseThrow(() -> new AssertionError("no test " + row.test()));
                String constant = row.stage().replace('-', '_').toUpperCase(java.util.Locale.ROOT);
                assertThat(Files.readString(test)).as(row.test()).contains("Stage." + constant);
            }
        }
    }
}
