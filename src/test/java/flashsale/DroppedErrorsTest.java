package flashsale;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class DroppedErrorsTest {

    private final DroppedErrors dropped = new DroppedErrors();

    @Test
    void ofThousandsInASecondOneLineIsLeft(CapturedOutput output) {
        long before = System.nanoTime();
        IntStream.range(0, 5_000).forEach(each -> dropped.accept(new IllegalStateException("too late " + each)));
        long seconds = (System.nanoTime() - before) / 1_000_000_000;

        List<String> lines = lines(output);
        assertThat(lines).hasSizeBetween(1, (int) seconds + 1);
        assertThat(lines.getFirst()).contains("1 failed", "too late 0");
    }

    @Test
    void theNextLineSaysHowManyCameSince(CapturedOutput output) throws InterruptedException {
        IntStream.range(0, 3).forEach(each -> dropped.accept(new IllegalStateException("too late")));
        long deadline = System.nanoTime() + 10_000_000_000L;
        int more = 0;
        while (lines(output).size() < 2 && System.nanoTime() < deadline) {
            Thread.sleep(50);
            dropped.accept(new IllegalStateException("later"));
            more++;
        }

        assertThat(lines(output)).hasSize(2);
        // The log is written behind, so one or two more may have come by when its line is read.
        String second = lines(output).getLast();
        assertThat(second).contains("later");
        assertThat(Integer.parseInt(second.replaceAll(".*\\D(\\d+) failed after.*", "$1")))
                .isBetween(3, 2 + more);
    }

    private static List<String> lines(CapturedOutput output) {
        return Arrays.stream(output.getAll().split("\n"))
                .filter(line -> line.contains("failed after nobody waited any more"))
                .toList();
    }
}
