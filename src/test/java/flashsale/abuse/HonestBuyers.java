package flashsale.abuse;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/** Ten purchases a second, each by another buyer, while something else goes on. They have to be answered. */
final class HonestBuyers implements AutoCloseable {

    private static final int MOST = 400;

    private static final long EACH_MILLIS = 100;

    /** Of a hundred purchases one may be told something else than an order, a promise of one, or why there is none. */
    private static final double SERVED = 0.99;

    /** With connections of its own: those of an earlier test may be about to be closed, because they were idle. */
    private final HttpClient client = Market.client();

    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    private final List<CompletableFuture<String>> taps = new ArrayList<>();
    private final AtomicInteger answered = new AtomicInteger();

    HonestBuyers(Market market) {
        String sale = market.openSale(MOST);
        var tokens = market.tokens("honest-" + UUID.randomUUID().toString().substring(0, 8), MOST)
                .iterator();
        clock.scheduleAtFixedRate(
                () -> {
                    if (tokens.hasNext()) {
                        taps.add(market.tap(client, sale, tokens.next())
                                .handle((answer, lost) -> lost == null
                                        ? answer.statusCode() + " "
                                                + answer.body().path("type").asString("")
                                        : lost.toString())
                                .whenComplete((told, never) -> answered.incrementAndGet()));
                    }
                },
                0,
                EACH_MILLIS,
                TimeUnit.MILLISECONDS);
    }

    /** Once at least so many have been answered; no more come after. */
    void areServed(int least) {
        Awaitility.await("honest purchases").atMost(60, TimeUnit.SECONDS).until(() -> answered.get() >= least);
        stop();
        var told = taps.stream().map(CompletableFuture::join).toList();
        var refused = told.stream()
                .filter(answer -> !answer.startsWith("2") && !answer.startsWith("409"))
                .toList();
        assertThat((double) (told.size() - refused.size()) / told.size())
                .as("of %s honest purchases were not served: %s", told.size(), refused)
                .isGreaterThanOrEqualTo(SERVED);
    }

    private void stop() {
        clock.shutdown();
        try {
            clock.awaitTermination(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
        client.shutdownNow();
    }
}
