package flashsale.stock;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.redis.SaleKeys;
import flashsale.redis.Script;
import flashsale.stock.HoldBench.Attempt;
import flashsale.stock.HoldReply.Closed;
import flashsale.stock.HoldReply.Ended;
import flashsale.stock.HoldReply.Expired;
import flashsale.stock.HoldReply.Held;
import flashsale.stock.HoldReply.Insufficient;
import flashsale.stock.HoldReply.KeyReused;
import flashsale.stock.HoldReply.LimitReached;
import flashsale.stock.HoldReply.NotStarted;
import flashsale.stock.HoldReply.Paused;
import flashsale.stock.HoldReply.Settled;
import flashsale.stock.HoldReply.SoldOut;
import io.lettuce.core.ScriptOutputType;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class HoldScriptTest {

    private static HoldBench bench;

    @BeforeAll
    static void start() {
        bench = new HoldBench();
    }

    @AfterAll
    static void stop() {
        bench.close();
    }

    @Test
    void aHoldTakesUnitsCountsThemAndEntersTheJournal() {
        long sale = bench.redis.openSale(10, 5);
        Attempt attempt = Attempt.of(sale, HoldBench.newUser(), 3);

        Hold hold = bench.held(attempt);

        assertThat(bench.stock(sale)).isEqualTo(7);
        assertThat(bench.unitsOf(sale, attempt.user())).isEqualTo(3);
        assertThat(bench.redis.commands().hgetall(SaleKeys.of(sale).journal()))
                .containsExactly(Map.entry(
                        attempt.operation().toString(),
                        "1:1:" + attempt.user() + ":3:" + hold.heldAt() + ":00aa:00cc"));
        assertThat(Hold.parse(
                        sale,
                        attempt.operation().toString(),
                        bench.redis
                                .commands()
                                .hget(
                                        SaleKeys.of(sale).journal(),
                                        attempt.operation().toString())))
                .isEqualTo(hold);
    }

    @Test
    void aRepeatedCallFindsItsHoldAndTakesNothing() {
        long sale = bench.redis.openSale(10, 5);
        Attempt attempt = Attempt.of(sale, HoldBench.newUser(), 3);
        Hold hold = bench.held(attempt);

        bench.redis.commands().scriptFlush();

        assertThat(bench.holdOne(attempt)).isEqualTo(new Held(hold, true));
        assertThat(bench.holdOne(attempt.notAfter(0))).isEqualTo(new Held(hold, true));
        assertThat(bench.stock(sale)).isEqualTo(7);
        assertThat(bench.unitsOf(sale, attempt.user())).isEqualTo(3);
    }

    @Test
    void anOrderedPurchaseIsReplayedAlsoWhenNothingIsLeftOrTheSaleIsPausedOrOver() {
        long sale = bench.redis.openSale(3, 3);
        Attempt attempt = Attempt.of(sale, HoldBench.newUser(), 3);
        bench.settle(bench.held(attempt));

        assertThat(bench.holdOne(attempt)).isEqualTo(new Settled(attempt.operation()));
        bench.redis.commands().hset(SaleKeys.of(sale).sale(), "paused", "1");
        bench.redis.commands().hset(SaleKeys.of(sale).sale(), "endsAt", "1");
        assertThat(bench.holdOne(attempt)).isEqualTo(new Settled(attempt.operation()));
        assertThat(bench.holdOne(attempt.with(HoldBench.OTHER_BODY))).isEqualTo(new KeyReused());
    }

    @Test
    void theSameKeyWithAnotherBodyIsRefused() {
        long sale = bench.redis.openSale(10, 5);
        Attempt attempt = Attempt.of(sale, HoldBench.newUser(), 1);
        bench.held(attempt);
        assertThat(bench.holdOne(attempt.with(HoldBench.OTHER_BODY))).isEqualTo(new KeyReused());
        assertThat(bench.stock(sale)).isEqualTo(9);
    }

    @Test
    void inOneBatchASecondTapOfTheSamePurchaseSharesTheHold() {
        long sale = bench.redis.openSale(10, 5);
        Attempt attempt = Attempt.of(sale, HoldBench.newUser(), 2);

        List<HoldReply> replies = bench.hold(attempt, attempt, attempt.with(HoldBench.OTHER_BODY));

        Hold hold = ((Held) replies.getFirst()).hold();
        assertThat(replies).containsExactly(new Held(hold, false), new Held(hold, true), new KeyReused());
        assertThat(bench.stock(sale)).isEqualTo(8);
        assertThat(bench.journalLength(sale)).isEqualTo(1);
    }

    @Test
    void inOneBatchOneUserGetsNoMoreThanTheLimit() {
        long user = HoldBench.newUser();
        long one = bench.redis.openSale(10, 1);
        assertThat(bench.hold(Attempt.of(one, user, 1), Attempt.of(one, user, 1)))
                .satisfiesExactly(first -> assertThat(first).isInstanceOf(Held.class), second -> assertThat(second)
                        .isEqualTo(new LimitReached()));
        assertThat(bench.unitsOf(one, user)).isEqualTo(1);

        long three = bench.redis.openSale(10, 3);
        assertThat(bench.hold(
                        Attempt.of(three, user, 2),
                        Attempt.of(three, user, 2),
                        Attempt.of(three, user, 1),
                        Attempt.of(three, user, 1)))
                .satisfiesExactly(
                        two -> assertThat(two).isInstanceOf(Held.class),
                        over -> assertThat(over).isEqualTo(new LimitReached()),
                        lastOne -> assertThat(lastOne).isInstanceOf(Held.class),
                        more -> assertThat(more).isEqualTo(new LimitReached()));
        assertThat(bench.unitsOf(three, user)).isEqualTo(3);
        assertThat(bench.stock(three)).isEqualTo(7);
    }

    @Test
    void theLastUnitsAreNeverPromisedTwiceInABatch() {
        long sale = bench.redis.openSale(3, 3);
        assertThat(bench.hold(
                        Attempt.of(sale, HoldBench.newUser(), 2),
                        Attempt.of(sale, HoldBench.newUser(), 2),
                        Attempt.of(sale, HoldBench.newUser(), 1),
                        Attempt.of(sale, HoldBench.newUser(), 1)))
                .satisfiesExactly(
                        two -> assertThat(two).isInstanceOf(Held.class),
                        tooMany -> assertThat(tooMany).isEqualTo(new Insufficient(1)),
                        last -> assertThat(last).isInstanceOf(Held.class),
                        none -> assertThat(none).isEqualTo(new SoldOut()));
        assertThat(bench.stock(sale)).isZero();
    }

    @Test
    void anEmptySaleHoldsNothing() {
        long sale = bench.redis.openSale(0, 1);
        assertThat(bench.holdOne(Attempt.of(sale, HoldBench.newUser(), 1))).isEqualTo(new SoldOut());
        assertThat(bench.stock(sale)).isZero();
        assertThat(bench.journalLength(sale)).isZero();
    }

    @Test
    void withoutItsDataASaleIsClosedForEveryoneInTheBatch() {
        long sale = bench.redis.newSale();
        var answer = bench.answer(
                10_000, Attempt.of(sale, HoldBench.newUser(), 1), Attempt.of(sale, HoldBench.newUser(), 1));
        assertThat(answer.replies()).containsExactly(new Closed(), new Closed());
        assertThat(answer.version()).isZero();
        assertThat(bench.redis
                        .commands()
                        .exists(SaleKeys.of(sale).sale(), SaleKeys.of(sale).journal()))
                .isZero();
    }

    @Test
    void withoutOneOfItsFieldsASaleIsClosed() {
        for (String field : List.of("epoch", "phase", "startsAt", "endsAt", "limit", "stock", "version", "seq")) {
            long sale = bench.redis.openSale(10, 1);
            bench.redis.commands().hdel(SaleKeys.of(sale).sale(), field);
            assertThat(bench.holdOne(Attempt.of(sale, HoldBench.newUser(), 1)))
                    .as(field)
                    .isEqualTo(new Closed());
            assertThat(bench.redis.commands().exists(SaleKeys.of(sale).journal()))
                    .as(field)
                    .isZero();
        }
    }

    @Test
    void aNumberThatIsNoneClosesTheSaleAndNothingIsWritten() {
        List<String> none =
                List.of("nan", "inf", "-nan", "0x10", "1.5", "1e15", "", " 1", "01", "-0", "9007199254740993", "1e400");
        for (String field : List.of("startsAt", "endsAt", "limit", "stock", "version", "seq")) {
            for (String value : none) {
                long sale = bench.redis.openSale(10, 1);
                bench.redis.commands().hset(SaleKeys.of(sale).sale(), field, value);
                assertThat(bench.holdOne(Attempt.of(sale, HoldBench.newUser(), 1)))
                        .as("%s %s", field, value)
                        .isEqualTo(new Closed());
                assertThat(bench.redis.commands().exists(SaleKeys.of(sale).journal()))
                        .as("%s %s", field, value)
                        .isZero();
            }
        }
    }

    @Test
    void aStockBelowNothingIsSoldOutAndNotClosed() {
        long sale = bench.redis.openSale(10, 1);
        bench.redis.commands().hset(SaleKeys.of(sale).sale(), "stock", "-3");
        var answer = bench.answer(10_000, Attempt.of(sale, HoldBench.newUser(), 1));
        assertThat(answer.replies()).containsExactly(new SoldOut());
        assertThat(answer.stock()).isEqualTo(-3);
    }

    @Test
    void aJournalEntryOfALargeSeqCanBeRead() {
        long sale = bench.redis.openSale(10, 5);
        bench.redis.commands().hset(SaleKeys.of(sale).sale(), "seq", "1000000000000000");
        Attempt attempt = Attempt.of(sale, HoldBench.newUser(), 1);
        assertThat(bench.held(attempt).seq()).isEqualTo(1_000_000_000_000_001L);
        assertThat(((Held) bench.holdOne(attempt)).hold().seq()).isEqualTo(1_000_000_000_000_001L);
        assertThat(bench.number(sale, "seq")).isEqualTo(1_000_000_000_000_001L);
    }

    @Test
    void withoutItsReplaysASaleIsClosedUntilAMinuteAfterItsEnd() {
        long sale = bench.redis.openSale(10, 1);
        SaleKeys keys = SaleKeys.of(sale);
        Attempt attempt = Attempt.of(sale, HoldBench.newUser(), 1);
        bench.settle(bench.held(attempt));
        bench.redis.commands().del(keys.replays());
        assertThat(bench.hold(attempt, Attempt.of(sale, HoldBench.newUser(), 1)))
                .containsExactly(new Closed(), new Closed());
        bench.redis.commands().hset(keys.replays(), "epoch", "2");
        assertThat(bench.holdOne(attempt)).as("of another epoch").isEqualTo(new Closed());
        assertThat(bench.stock(sale)).isEqualTo(9);
        bench.redis.commands().hset(keys.sale(), "endsAt", Long.toString(System.currentTimeMillis() - 61_000));
        assertThat(bench.holdOne(attempt)).isEqualTo(new Ended());
    }

    @Test
    void anotherEpochOrPhaseIsClosed() {
        long sale = bench.redis.openSale(10, 1);
        Attempt attempt = Attempt.of(sale, HoldBench.newUser(), 1);
        assertThat(bench.holdOne(attempt.in(0))).isEqualTo(new Closed());
        assertThat(bench.holdOne(attempt.in(2))).isEqualTo(new Closed());
        for (String phase : List.of("seeding", "closed")) {
            bench.redis.commands().hset(SaleKeys.of(sale).sale(), "phase", phase);
            assertThat(bench.holdOne(attempt)).as(phase).isEqualTo(new Closed());
        }
        assertThat(bench.stock(sale)).isEqualTo(10);
    }

    @Test
    void theLargestQuantityAndStockAreCountedExactly() {
        int largest = Integer.MAX_VALUE;
        long sale = bench.redis.openSale(100_000_000, largest);
        long user = HoldBench.newUser();
        assertThat(bench.holdOne(Attempt.of(sale, user, largest))).isEqualTo(new Insufficient(100_000_000));
        assertThat(bench.holdOne(Attempt.of(sale, user, 1))).isInstanceOf(Held.class);
        assertThat(bench.stock(sale)).isEqualTo(99_999_999);
        assertThat(bench.holdOne(Attempt.of(sale, user, largest))).isEqualTo(new LimitReached());

        long huge = bench.redis.openSale(largest, largest);
        Hold all = bench.held(Attempt.of(huge, user, largest));
        assertThat(all.quantity()).isEqualTo(largest);
        assertThat(bench.stock(huge)).isZero();
        assertThat(bench.unitsOf(huge, user)).isEqualTo(largest);
        bench.release(1, all, true, -1);
        assertThat(bench.stock(huge)).isEqualTo(largest);
    }

    @Test
    void aBatchAsLargeAsTheSettingsAllowFitsTheScriptsStack() {
        long sale = bench.redis.openSale(100_000_000, 1);
        Attempt[] attempts = LongStream.range(0, 1_000)
                .mapToObj(i -> Attempt.of(sale, HoldBench.newUser(), 1).keyless("f" + i))
                .toArray(Attempt[]::new);
        assertThat(bench.hold(attempts)).hasSize(1_000).allMatch(reply -> reply instanceof Held held && !held.replay());
        assertThat(bench.stock(sale)).isEqualTo(100_000_000 - 1_000);
        assertThat(bench.journalLength(sale)).isEqualTo(1_000);
    }

    @Test
    void aCallThatArrivesTooLateChangesNothing() {
        long sale = bench.redis.openSale(10, 1);
        Attempt attempt = Attempt.of(sale, HoldBench.newUser(), 1);
        long now = bench.answer(10_000, attempt.notAfter(0)).now();

        assertThat(bench.holdOne(attempt.notAfter(now - 1))).isEqualTo(new Expired());
        assertThat(bench.stock(sale)).isEqualTo(10);
        assertThat(bench.holdOne(attempt.notAfter(now + 60_000))).isInstanceOf(Held.class);
    }

    @Test
    void theWindowBeginsAtItsFirstMillisecondAndEndsBeforeItsLast() {
        long sale = bench.redis.openSale(10, 1);
        String key = SaleKeys.of(sale).sale();
        long now = Long.parseLong(bench.redis.commands().time().getFirst()) * 1000;

        bench.redis.commands().hset(key, "startsAt", Long.toString(now + 60_000));
        assertThat(bench.holdOne(Attempt.of(sale, HoldBench.newUser(), 1))).isEqualTo(new NotStarted());

        bench.redis.commands().hset(key, "startsAt", Long.toString(now - 60_000));
        bench.redis.commands().hset(key, "endsAt", Long.toString(now));
        assertThat(bench.holdOne(Attempt.of(sale, HoldBench.newUser(), 1))).isEqualTo(new Ended());
        assertThat(bench.stock(sale)).isEqualTo(10);
    }

    /** The server's clock stands still inside a transaction, so its very millisecond can be the edge. */
    @Test
    void theEdgesThemselvesBelongToTheSaleAndNotToIt() {
        assertThat(atTheEdge("startsAt", "endsAt", 3_600_000)).isEqualTo(1);
        assertThat(atTheEdge("endsAt", "startsAt", -3_600_000)).isEqualTo(9);
    }

    private static long atTheEdge(String edge, String other, long distance) {
        long sale = bench.redis.openSale(10, 1);
        SaleKeys keys = SaleKeys.of(sale);
        String hold = Script.named("stock/hold").source();
        String body = hold.replace("local time = redis.call('TIME')", """
                local time = redis.call('TIME')
                local edge = time[1] * 1000 + math.floor(time[2] / 1000)
                redis.call('HSET', KEYS[1], '%s', edge, '%s', edge + (%d))
                """.formatted(edge, other, distance));
        List<Object> reply = bench.redis
                .commands()
                .eval(
                        body,
                        ScriptOutputType.MULTI,
                        new String[] {keys.sale(), keys.journal(), keys.replays(), keys.evenRates(), keys.oddRates()},
                        "1",
                        "10000",
                        "0",
                        "0",
                        "op",
                        "7",
                        "1",
                        "aa",
                        "bb",
                        Long.toString(HoldBench.LATER),
                        "0",
                        "1");
        return (Long) reply.get(3);
    }

    @Test
    void aPausedSaleHoldsNothing() {
        long sale = bench.redis.openSale(10, 1);
        bench.redis.commands().hset(SaleKeys.of(sale).sale(), "paused", "1");
        assertThat(bench.holdOne(Attempt.of(sale, HoldBench.newUser(), 1))).isEqualTo(new Paused());
        assertThat(bench.stock(sale)).isEqualTo(10);
    }

    @Test
    void aBuyerAtTheLimitOfASaleWithTooFewUnitsIsToldOfTheLimit() {
        long sale = bench.redis.openSale(4, 3);
        long user = HoldBench.newUser();
        bench.held(Attempt.of(sale, user, 3));
        assertThat(bench.holdOne(Attempt.of(sale, user, 2))).isEqualTo(new LimitReached());
    }
}
