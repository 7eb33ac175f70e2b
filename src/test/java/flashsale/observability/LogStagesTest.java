package flashsale.observability;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import flashsale.shop.Shop;
import flashsale.shop.Stages;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A console nobody reads: lines are dropped, and who writes them is not held up. */
class LogStagesTest {

    private static final int LINES = 10_000;

    private final Stages stages = new Stages(Shop.shared());

    private static final String FIRST = "the first line";

    /** Takes the first line and keeps it until it is let go; everything else, others' lines before it too, it takes at once. */
    private static final class StuckConsole extends OutputStream {

        private final CountDownLatch stuck = new CountDownLatch(1);
        private final CountDownLatch reading = new CountDownLatch(1);

        @Override
        public void write(int character) {
            write(new byte[0], 0, 0);
        }

        @Override
        public void write(byte[] line, int from, int length) {
            if (!new String(line, from, length, StandardCharsets.UTF_8).contains(FIRST)) {
                return;
            }
            stuck.countDown();
            try {
                reading.await(60, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** {@code Stage.LOG} takes lines until it is full, {@code Stage.ACCESS_LOG} INFO until four fifths of that. */
    @ParameterizedTest
    @CsvSource({"LOG, ROOT, LOG, 1.0", "ACCESS_LOG, flashsale.access, ACCESS, 0.79"})
    void aConsoleThatIsStuckStopsNobody(Stage stage, String logger, String appender, double share)
            throws InterruptedException {
        LoggerContext logback = (LoggerContext) LoggerFactory.getILoggerFactory();
        AsyncAppender lines = (AsyncAppender) logback.getLogger(logger).getAppender(appender);
        ConsoleAppender<ILoggingEvent> console = (ConsoleAppender<ILoggingEvent>) lines.getAppender("CONSOLE");
        Logger log = logger.equals("ROOT") ? LoggerFactory.getLogger(LogStagesTest.class) : logback.getLogger(logger);
        var stuck = new StuckConsole();
        console.setOutputStream(stuck);
        try {
            // The writer takes all there is at a time: once it has one line in hand, it takes no more.
            log.info(FIRST);
            assertThat(stuck.stuck.await(60, TimeUnit.SECONDS)).isTrue();
            for (int i = 0; i < LINES; i++) {
                log.info("line {} of many", i);
            }
            assertThat(stages.depth(stage)).isBetween((long) (share * stages.bound(stage)) - 2, stages.bound(stage));

            stuck.reading.countDown();
            stages.awaitDepth(stage, 0);
        } finally {
            stuck.reading.countDown();
            // Back to the real one.
            console.start();
        }
    }
}
