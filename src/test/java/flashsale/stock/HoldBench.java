package flashsale.stock;

import flashsale.redis.BareRedis;
import flashsale.redis.SaleKeys;
import flashsale.servers.Servers;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The script that holds units, asked directly. */
final class HoldBench implements AutoCloseable {

    static final String BODY = "00aa";
    static final String OTHER_BODY = "00bb";
    static final long LATER = Long.MAX_VALUE / 2;

    private static final AtomicLong USERS = new AtomicLong();

    final BareRedis redis = BareRedis.on(Servers.shared().redis());

    /** One attempt; what is not said is as usual. */
    record Attempt(
            long sale,
            long epoch,
            UUID operation,
            long user,
            int quantity,
            String body,
            long notAfter,
            @Nullable String fingerprint,
            boolean again) {

        static Attempt of(long sale, long user, int quantity) {
            return new Attempt(sale, 1, UUID.randomUUID(), user, quantity, BODY, LATER, null, false);
        }

        Attempt in(long otherEpoch) {
            return new Attempt(sale, otherEpoch, operation, user, quantity, body, notAfter, fingerprint, again);
        }

        Attempt with(String otherBody) {
            return new Attempt(sale, epoch, operation, user, quantity, otherBody, notAfter, fingerprint, again);
        }

        Attempt notAfter(long instant) {
            return new Attempt(sale, epoch, operation, user, quantity, body, instant, fingerprint, again);
        }

        Attempt keyless(String print) {
            return new Attempt(sale, epoch, operation, user, quantity, body, notAfter, print, again);
        }

        Attempt another() {
            return new Attempt(sale, epoch, UUID.randomUUID(), user, quantity, body, notAfter, fingerprint, again);
        }

        Attempt askedAgain() {
            return new Attempt(sale, epoch, operation, user, quantity, body, notAfter, fingerprint, true);
        }

        HoldRequest request() {
            return new HoldRequest(
                    operation, sale, epoch, "whichever", user, quantity, notAfter, body, "00cc", fingerprint, again);
        }
    }

    static long newUser() {
        return USERS.incrementAndGet();
    }

    HoldScript.Answer answer(long fingerprintMillis, Attempt... attempts) {
        return answer(fingerprintMillis, AttemptRate.UNLIMITED, attempts);
    }

    HoldScript.Answer answer(long fingerprintMillis, AttemptRate rate, Attempt... attempts) {
        var requests = List.of(attempts).stream().map(Attempt::request).toList();
        return Objects.requireNonNull(new HoldScript(fingerprintMillis, rate)
                .call(redis.awaitLink(), requests, 0)
                .block());
    }

    List<HoldReply> hold(Attempt... attempts) {
        return answer(10_000, attempts).replies();
    }

    HoldReply holdOne(Attempt attempt) {
        return hold(attempt).getFirst();
    }

    Hold held(Attempt attempt) {
        return ((HoldReply.Held) holdOne(attempt)).hold();
    }

    long stock(long sale) {
        return number(sale, "stock");
    }

    long unitsOf(long sale, long user) {
        return number(sale, "b:" + user);
    }

    long version(long sale) {
        return number(sale, "version");
    }

    long number(long sale, String field) {
        String text = redis.commands().hget(SaleKeys.of(sale).sale(), field);
        return text == null ? -1 : Long.parseLong(text);
    }

    long journalLength(long sale) {
        return redis.commands().hlen(SaleKeys.of(sale).journal());
    }

    void settle(Hold hold) {
        SaleKeys keys = SaleKeys.of(hold.saleId());
        redis.run(
                "stock/settle",
                List.of(keys.journal(), keys.replays(), keys.sale()),
                1_000,
                hold.orderId(),
                hold.mark(),
                hold.bodyHash());
    }

    List<Object> release(long epoch, Hold hold, boolean giveBack, long committed) {
        SaleKeys keys = SaleKeys.of(hold.saleId());
        return redis.run(
                "stock/release",
                List.of(keys.sale(), keys.journal()),
                epoch,
                SaleKeys.CHANGES_CHANNEL,
                hold.saleId(),
                hold.orderId(),
                hold.mark(),
                giveBack ? 1 : 0,
                committed);
    }

    @Override
    public void close() {
        redis.close();
    }
}
