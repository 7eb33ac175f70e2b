package flashsale.blocking;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails a test during which an event loop was blocked. BlockHound throws on that thread, where a driver may take it
 * for a broken connection and hide it. On for every test, by {@code META-INF/services}.
 */
public final class NothingBlocked implements AfterEachCallback, AfterAllCallback {

    @Override
    public void afterEach(ExtensionContext test) {
        check();
    }

    @Override
    public void afterAll(ExtensionContext tests) {
        check();
    }

    private static void check() {
        var found = BlockedThreads.takeFound();
        if (!found.isEmpty()) {
            var failure = new AssertionError(
                    found.size() + " blocking calls on threads that must not block", found.getFirst());
            found.stream().skip(1).limit(10).forEach(failure::addSuppressed);
            throw failure;
        }
    }
}
