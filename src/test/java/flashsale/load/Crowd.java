package flashsale.load;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/** Buyers and what they send. What they do with it is the generator's. */
final class Crowd {

    /** Bought before the load began: whose orders are asked for during it. */
    record Earlier(String token, String order) {}

    private final String sale;
    private final Iterator<String> fresh;
    private final List<Earlier> earlier = new ArrayList<>();
    private long keys;

    Crowd(String sale, List<String> tokens) {
        this.sale = sale;
        this.fresh = tokens.iterator();
    }

    /** Each of another buyer. */
    Supplier<byte[]> taps() {
        return () -> Requests.tap(sale, fresh.next(), "tap-" + keys++);
    }

    /** Each with a key of its own, by buyers who come round again. */
    static Supplier<byte[]> tapsOf(String sale, List<String> tokens) {
        var at = new int[1];
        return () -> {
            int i = at[0]++;
            return Requests.tap(sale, tokens.get(i % tokens.size()), "round-" + i);
        };
    }

    /** One purchase each, before the load, one after the other. */
    void buyEarlier(Generator generator, int buyers) {
        var tokens = new ArrayList<String>();
        Supplier<byte[]> next = () -> {
            String token = fresh.next();
            tokens.add(token);
            return Requests.tap(sale, token, "earlier-" + tokens.size());
        };
        var at = new int[1];
        // Answers come in another order than requests; only one at a time tells whose it is.
        for (int i = 0; i < buyers; i++) {
            var one = new Generator.Flow("earlier", 1_000, Duration.ofMillis(1), next);
            generator.run(
                    (answer, reply) -> {
                        if (answer.isOrdered()) {
                            earlier.add(new Earlier(tokens.get(at[0]), reply.location()));
                        }
                        at[0]++;
                    },
                    one);
        }
        if (earlier.size() < buyers) {
            throw new IllegalStateException("only " + earlier.size() + " of " + buyers + " could buy before the load");
        }
    }

    /** One's own order, and what became of one's taps, in turn. */
    Supplier<byte[]> questions() {
        return () -> {
            Earlier buyer = earlier.get(ThreadLocalRandom.current().nextInt(earlier.size()));
            return keys++ % 2 == 0
                    ? Requests.get(buyer.order(), buyer.token())
                    : Requests.get("/api/sales/" + sale + "/orders/mine", buyer.token());
        };
    }
}
