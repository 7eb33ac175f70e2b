package flashsale.servers;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/** Adds to a failed test what its {@link AppProcess}es printed. */
public final class AppOutput implements BeforeEachCallback, TestExecutionExceptionHandler {

    /** Enough for a start and the stack trace of what went wrong. */
    private static final int LAST_CHARACTERS = 20_000;

    /** Of processes that still exist: tests may share one. */
    private static final List<Supplier<String>> RUNNING = new CopyOnWriteArrayList<>();

    /** Of those closed since the test began. */
    private static final List<String> CLOSED = new CopyOnWriteArrayList<>();

    static void running(Supplier<String> output) {
        RUNNING.add(output);
    }

    static void closed(Supplier<String> output) {
        CLOSED.add(output.get());
        RUNNING.remove(output);
    }

    @Override
    public void beforeEach(ExtensionContext test) {
        CLOSED.clear();
    }

    @Override
    public void handleTestExecutionException(ExtensionContext test, Throwable failure) throws Throwable {
        var outputs = Stream.concat(CLOSED.stream(), RUNNING.stream().map(Supplier::get));
        for (String printed : outputs.toList()) {
            if (!printed.isEmpty()) {
                failure.addSuppressed(new Printed(printed.substring(Math.max(0, printed.length() - LAST_CHARACTERS))));
            }
        }
        throw failure;
    }

    /** Shown in the test report among the suppressed exceptions. */
    private static final class Printed extends RuntimeException {
        Printed(String output) {
            super("the application printed:\n" + output, null, false, false);
        }
    }
}
