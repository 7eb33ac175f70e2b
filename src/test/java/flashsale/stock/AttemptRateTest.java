package flashsale.stock;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.redis.SaleKeys;
import flashsale.shop.Eventually;
import flashsale.stock.HoldBench.Attempt;
import flashsale.stock.HoldReply.Held;
import flashsale.stock.HoldReply.RateLimited;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How often one user may try, counted in the script. Whoever calls it is a node: it knows of none. */
class AttemptRateTest {

    private static final AttemptRate RATE = new AttemptRate(2, 5);

    /** In which all of a burst comes back. */
    private static final long SPAN_MILLIS = 2_500;

    private static HoldBench bench;

    private final long sale = bench.redis.openSale(1_000, 1_000);
    private final long user = HoldBench.newUser();

    @BeforeAll
    static void start() {
        bench = new HoldBench();
    }

    @AfterAll
    static void stop() {
        bench.close();
    }

    private static HoldReply reply(Attempt attempt) {
        return bench.answer(10_000, RATE, attempt).replies().getFirst();
    }

    private Attempt attempt() {
        return Attempt.of(sale, user, 1);
    }

    private void takeTheBurst() {
        IntStream.range(0, 5).forEach(i -> assertThat(reply(attempt())).isInstanceOf(Held.class));
    }

    @Test
    void afterABurstAnAttemptIsRefusedWithTheTimeToWaitAndOthersAreNot() {
        takeTheBurst();
        assertThat(reply(attempt())).isInstanceOfSatisfying(RateLimited.class, limited -> {
            assertThat(limited.rate()).isEqualTo(RATE);
            assertThat(limited.retryAfter()).isPositive().isLessThanOrEqualTo(java.time.Duration.ofMillis(500));
        });
        assertThat(bench.stock(sale)).isEqualTo(995);
        assertThat(reply(Attempt.of(sale, HoldBench.newUser(), 1))).isInstanceOf(Held.class);
    }

    @Test
    void ratesThatBecameSomethingElseAreThrownAwayAndCountedFromThenOn() {
        SaleKeys keys = SaleKeys.of(sale);
        bench.redis.commands().set(keys.evenRates(), "not a hash");
        bench.redis.commands().set(keys.oddRates(), "not a hash");
        takeTheBurst();
        assertThat(reply(attempt())).isInstanceOf(RateLimited.class);
        assertThat(bench.redis.commands().type(keys.evenRates())).isNotEqualTo("string");
        assertThat(bench.redis.commands().type(keys.oddRates())).isNotEqualTo("string");
    }

    @Test
    void inOneBatchNoMoreThanABurst() {
        List<HoldReply> replies = bench.answer(
                        10_000, RATE, attempt(), attempt(), attempt(), attempt(), attempt(), attempt(), attempt())
                .replies();
        assertThat(replies.subList(0, 5)).allMatch(Held.class::isInstance);
        assertThat(replies.subList(5, 7)).allMatch(RateLimited.class::isInstance);
    }

    @Test
    void aReplayIsNeitherRefusedNorCounted() {
        Attempt first = attempt();
        Hold hold = ((Held) reply(first)).hold();
        IntStream.range(0, 10).forEach(i -> assertThat(reply(first)).isEqualTo(new Held(hold, true)));
        IntStream.range(0, 4).forEach(i -> assertThat(reply(attempt())).isInstanceOf(Held.class));
        assertThat(reply(attempt())).isInstanceOf(RateLimited.class);
        assertThat(reply(first)).isEqualTo(new Held(hold, true));
        bench.settle(hold);
        assertThat(reply(first)).isInstanceOf(HoldReply.Settled.class);
    }

    @Test
    void whatWeAskAgainCostsTheBuyerNothing() {
        IntStream.range(0, 4).forEach(i -> reply(attempt()));
        Attempt unanswered = attempt().another();
        IntStream.range(0, 10).forEach(i -> reply(unanswered.askedAgain()));
        assertThat(reply(attempt())).as("the fifth").isInstanceOf(Held.class);
        assertThat(reply(attempt())).isInstanceOf(RateLimited.class);
        assertThat(reply(attempt().askedAgain())).isInstanceOf(Held.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"stock=0", "limit=0", "paused=1", "endsAt=1", "startsAt=99999999999999"})
    void theRateIsToldBeforeTheStateOfTheSale(String state) {
        takeTheBurst();
        bench.redis
                .commands()
                .hset(
                        SaleKeys.of(sale).sale(),
                        state.substring(0, state.indexOf('=')),
                        state.substring(state.indexOf('=') + 1));
        assertThat(reply(attempt())).isInstanceOf(RateLimited.class);
        assertThat(reply(Attempt.of(sale, HoldBench.newUser(), 1)))
                .as("who may try is told how the sale stands")
                .isNotInstanceOfAny(RateLimited.class, Held.class);
        assertThat(reply(attempt().notAfter(0))).isEqualTo(new HoldReply.Expired());
    }

    @Test
    void aNewSpanOfTimeForgetsNobodyWhoTookShortlyBefore() {
        Eventually.holds("the last moment of a span", () -> redisMillis() % SPAN_MILLIS > SPAN_MILLIS - 150);
        long span = redisMillis() / SPAN_MILLIS;
        bench.answer(10_000, RATE, attempt(), attempt(), attempt(), attempt(), attempt());
        Eventually.holds("the next span", () -> redisMillis() / SPAN_MILLIS > span);
        assertThat(reply(attempt())).isInstanceOf(RateLimited.class);
    }

    @Test
    void losersCostMemoryForSomeSpansOnly() {
        // A span is 5 ms here.
        AttemptRate quick = new AttemptRate(1_000, 5);
        SaleKeys keys = SaleKeys.of(sale);
        long longest = 0;
        for (int turn = 0; turn < 40; turn++) {
            Attempt[] many = IntStream.range(0, 50)
                    .mapToObj(i -> Attempt.of(sale, HoldBench.newUser(), 5_000))
                    .toArray(Attempt[]::new);
            bench.answer(10_000, quick, many);
            pause(3);
            longest = Math.max(
                    longest,
                    bench.redis.commands().hlen(keys.evenRates())
                            + bench.redis.commands().hlen(keys.oddRates()));
        }
        assertThat(longest).as("of 2,000 users").isBetween(51L, 700L);
        Eventually.holds(
                "nobody is remembered", () -> bench.redis.commands().exists(keys.evenRates(), keys.oddRates()) == 0);
    }

    @Test
    void withoutARateNothingIsKept() {
        bench.answer(10_000, AttemptRate.UNLIMITED, attempt());
        SaleKeys keys = SaleKeys.of(sale);
        assertThat(bench.redis.commands().exists(keys.evenRates(), keys.oddRates()))
                .isZero();
    }

    private static long redisMillis() {
        List<String> time = bench.redis.commands().time();
        return Long.parseLong(time.getFirst()) * 1_000 + Long.parseLong(time.getLast()) / 1_000;
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
