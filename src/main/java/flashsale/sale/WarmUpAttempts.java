package flashsale.sale;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What this node tried for each sale; one entry for each that was tried, until the catalogue forgets the sale. */
final class WarmUpAttempts {

    /** As much of an error as a person reads. */
    private static final int LONGEST_ERROR = 300;

    /** Drivers name the address they could not reach, and an address may carry a user and a password. */
    private static final Pattern USER_OF_AN_ADDRESS = Pattern.compile("://[^/\\s]*@");

    /**
     * @param failed since the sale was last warm
     * @param underWay one is being made
     */
    record Attempts(
            int failed,
            boolean underWay,
            @Nullable Instant failingSince,
            @Nullable String lastError,
            Instant nextTryAt) {

        static final Attempts NONE = new Attempts(0, false, null, null, Instant.MIN);

        int made() {
            return underWay ? failed + 1 : failed;
        }

        private Attempts begun() {
            return new Attempts(failed, true, failingSince, lastError, nextTryAt);
        }

        private Attempts leftOff(Instant next) {
            return new Attempts(failed, false, failingSince, lastError, next);
        }

        private Attempts failed(String error, Instant now, Instant next) {
            return new Attempts(failed + 1, false, failingSince == null ? now : failingSince, error, next);
        }
    }

    /** @param since when this node first found it there */
    private record Elsewhere(String owner, Instant since) {}

    private final Map<Long, Attempts> bySale = new ConcurrentHashMap<>();
    private final Map<Long, Elsewhere> elsewhere = new ConcurrentHashMap<>();
    private final Duration between;

    /** @param between the end of an attempt and the next one */
    WarmUpAttempts(Duration between) {
        this.between = between;
    }

    Attempts of(long saleId) {
        return bySale.getOrDefault(saleId, Attempts.NONE);
    }

    /** False while one is under way, or before the time of the next. */
    boolean begin(long saleId, Instant now) {
        boolean[] begun = {false};
        bySale.compute(saleId, (id, found) -> {
            Attempts before = found == null ? Attempts.NONE : found;
            begun[0] = !before.underWay() && !now.isBefore(before.nextTryAt());
            return begun[0] ? before.begun() : before;
        });
        return begun[0];
    }

    /** It came to no end here: another node is at it, or this one was told to stop. */
    void leftOff(long saleId, Instant now) {
        bySale.computeIfPresent(saleId, (id, before) -> before.leftOff(now.plus(between)));
    }

    Attempts failed(long saleId, Throwable fault, Instant now) {
        return bySale.merge(
                saleId,
                Attempts.NONE.failed(words(fault), now, now.plus(between)),
                (before, first) -> before.failed(words(fault), now, now.plus(between)));
    }

    /** This owner of the lock is at it, in one go since the answer as far as this node has seen. */
    Instant elsewhereSince(long saleId, String owner, Instant now) {
        return elsewhere
                .compute(
                        saleId,
                        (id, before) ->
                                before != null && before.owner().equals(owner) ? before : new Elsewhere(owner, now))
                .since();
    }

    /** The sale is warm, whoever did it: the next attempt is the first again. */
    void warm(long saleId) {
        bySale.remove(saleId);
        elsewhere.remove(saleId);
    }

    void keepOnly(Set<Long> sales) {
        bySale.keySet().retainAll(sales);
        elsewhere.keySet().retainAll(sales);
    }

    /** The fault and what caused it, without what only a developer or a thief wants to know. */
    static String words(Throwable fault) {
        Throwable root = fault;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        String said = fault.getMessage() == null ? fault.getClass().getSimpleName() : fault.getMessage();
        String why = root == fault || root.getMessage() == null || said.contains(root.getMessage())
                ? ""
                : ": " + root.getMessage();
        String words = USER_OF_AN_ADDRESS.matcher(said + why).replaceAll("://***@");
        return words.substring(0, Math.min(words.length(), LONGEST_ERROR));
    }
}
