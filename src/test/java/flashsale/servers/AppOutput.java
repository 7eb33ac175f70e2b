package flashsale.servers;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/** Adds to a failed test what its {@link AppProcess}es printed. */
public final class AppOutput implements BeforeEachCallback, TestExecutionExceptionHandler {

    /** Enough for a start and the stack trace of what went wrong. */
    private static final int LAST_CHARACTERS = 20_000;

    private static final List<Supplier<String>> OUTPUTS = new CopyOnWriteArrayList<>();

    static void keep(Supplier<String> output) {
        OUTPUTS.add(output);
    }

    @Override
    public void beforeEach(ExtensionContext test) {
        OUTPUTS.clear();
    }

    @Override
    public void handleTestExecutionException(ExtensionContext test, Throwable failure) throws Throwable {
        for (var output : OUTPUTS) {
            String printed = output.get();
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
