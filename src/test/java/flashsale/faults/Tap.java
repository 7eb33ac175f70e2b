package flashsale.faults;

import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
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

    boolean refused(int status, String problem) {
        return was(status) && answer.problem().equals(problem);
    }
}
