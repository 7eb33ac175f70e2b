package flashsale.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page keeps what people wrote, and shows the latest figures of every benchmark. */
class ReportTest {

    @TempDir
    Path folder;

    private Path page;
    private Report report;

    @BeforeEach
    void aPage() throws IOException {
        page = Files.write(folder.resolve("performance.md"), List.of("# Page", Report.BEGIN, "old", Report.END, "why"));
        report = new Report(folder.resolve("benchmark"), page);
    }

    @Test
    void figuresGoBetweenTheMarksAndTheRestStays() throws IOException {
        report.publish(List.of("first"));
        report.publish(List.of("second", "figures"));
        assertThat(page).hasContent("# Page\n" + Report.BEGIN + "\nsecond\nfigures\n" + Report.END + "\nwhy\n");
    }

    @Test
    void aPageWithoutMarksIsLeftAlone() throws IOException {
        Files.write(page, List.of("# Page"));
        assertThatThrownBy(() -> report.publish(List.of("x"))).hasMessageContaining(Report.BEGIN);
        assertThat(page).hasContent("# Page\n");
    }

    @Test
    void aSectionReplacesItsFormerSelfAndNoOther() throws IOException {
        report.with(Report.Section.ORDERS, List.of(), List.of("orders"));
        report.with(Report.Section.SERVICE, List.of(Target.atMost("x", 3, 2, 9)), List.of("old answers"));
        List<String> all =
                report.with(Report.Section.SERVICE, List.of(Target.atMost("x", 3, 2, 2.5)), List.of("answers"));
        assertThat(all)
                .containsSubsequence("| x | ≤ 3.00× | ≤ 2.00× | 2.50× | met |", "answers", "orders")
                .doesNotContain("old answers");
        assertThat(folder.resolve("benchmark.md")).hasContent(String.join("\n", all) + "\n");
    }

    @Test
    void aMissedTargetIsSaidPlainly() {
        assertThat(Target.atMost("x", 3, 2, 3.01).line()).endsWith("| **missed** |");
        assertThat(Target.atLeast("x", 4, 7, 3.99).line()).endsWith("| **missed** |");
        assertThat(Target.atLeast("x", 4, 7, 4).line()).endsWith("| met |");
        assertThat(Target.atLeast("x", 4, 7, 7).line()).endsWith("| aim met |");
    }
}
