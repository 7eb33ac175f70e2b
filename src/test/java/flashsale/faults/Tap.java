package flashsale.faults;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * One purchase as its buyer lived it.
 *
 * @param answer null where the connection ended first
 */
record Tap(Buyer buyer, String key, @Nullable Answer answer) {

    /** All at once, each with a key of its own, over whichever node it is given. */
    static List<CompletableFuture<Tap>> burst(List<Buyer> buyers, Sale sale, Function<Buyer, Shop> nodes) {
        return buyers.stream()
                .map(buyer -> nodes.apply(buyer).tap(sale, buyer, "tap-" + UUID.randomUUID()))
                .toList();
    }

    static List<Tap> ended(List<CompletableFuture<Tap>> taps) {
        return taps.stream().map(CompletableFuture::join).toList();
    }

    /**
     * What they were told in the end: who was put off, as a busy machine does, comes again with the same key, and not
     * faster than the rate a user has.
     */
    static List<Tap> told(List<Tap> taps, Sale sale, Function<Buyer, Shop> nodes) {
        var told = new ArrayList<>(taps);
        Awaitility.await("nobody is put off any more")
                .atMost(60, TimeUnit.SECONDS)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> {
                    var again = told.stream()
                            .map(tap -> tap.wasPutOff()
                                    ? nodes.apply(tap.buyer()).tap(sale, tap.buyer(), tap.key())
                                    : CompletableFuture.completedFuture(tap))
                            .toList();
                    told.clear();
                    told.addAll(ended(again));
                    return told.stream().noneMatch(Tap::wasPutOff);
                });
        return told;
    }

    /** Told to come again, or to ask again, or nothing at all. */
    boolean wasPutOff() {
        return answer == null || was(202) || was(429) || was(503);
    }

    /** The same, told by the same user in a later session. */
    Tap by(List<Buyer> loggedInAnew) {
        var same = loggedInAnew.stream()
                .filter(user -> user.userId().equals(buyer.userId()))
                .findFirst();
        return new Tap(same.orElseThrow(), key, answer);
    }

    UUID orderId() {
        return UUID.fromString(answer.text("id"));
    }

    boolean was(int status) {
        return answer != null && answer.status() == status;
    }

    /** Nothing was done, and nothing promised: the way to Redis took longer than a tap may be kept. */
    boolean wasTooMuch() {
        return refused(503, "overloaded");
    }

    boolean refused(int status, String problem) {
        return was(status) && answer.problem().equals(problem);
    }
}
