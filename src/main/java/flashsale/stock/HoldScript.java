package flashsale.stock;

import flashsale.redis.RedisLink;
import flashsale.redis.SaleKeys;
import flashsale.redis.Script;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import reactor.core.publisher.Mono;

/** {@code stock/hold.lua}, typed. */
final class HoldScript {

    private static final Script SCRIPT = Script.named("stock/hold");

    /** Arguments of the whole batch. */
    private static final int COMMON = 4;

    /** Arguments of each request. */
    private static final int EACH = 8;

    /** What the reply says of the whole batch, before a code and a value for each request. */
    private static final int HEADER = 3;

    /**
     * @param now this server's time in ms
     * @param stock units left after the batch
     */
    record Answer(long now, long stock, long version, List<HoldReply> replies) {}

    private final String fingerprintMillis;
    private final AttemptRate rate;

    HoldScript(long fingerprintMillis, AttemptRate rate) {
        this.fingerprintMillis = Long.toString(fingerprintMillis);
        this.rate = rate;
    }

    /** One call for all requests; they must be of one sale and epoch. Replies stand in the order of the requests. */
    Mono<Answer> call(RedisLink link, List<HoldRequest> batch, long clockOffset) {
        return link.call(SCRIPT, keys(batch), arguments(batch, clockOffset)).map(reply -> answer(batch, reply));
    }

    private static String[] keys(List<HoldRequest> batch) {
        SaleKeys keys = SaleKeys.of(batch.getFirst().saleId());
        List<String> names = new ArrayList<>(
                List.of(keys.sale(), keys.journal(), keys.replays(), keys.evenRates(), keys.oddRates()));
        for (HoldRequest request : batch) {
            if (request.fingerprint() != null) {
                names.add(keys.fingerprint(request.fingerprint()));
            }
        }
        return names.toArray(String[]::new);
    }

    private String[] arguments(List<HoldRequest> batch, long clockOffset) {
        String[] arguments = new String[COMMON + batch.size() * EACH];
        arguments[0] = Long.toString(batch.getFirst().epoch());
        arguments[1] = fingerprintMillis;
        arguments[2] = Long.toString(rate.intervalMillis());
        arguments[3] = Long.toString(rate.burst());
        int at = COMMON;
        for (HoldRequest request : batch) {
            arguments[at++] = request.orderId().toString();
            arguments[at++] = Long.toString(request.userId());
            arguments[at++] = Integer.toString(request.quantity());
            arguments[at++] = request.bodyHash();
            arguments[at++] = request.keyHash();
            arguments[at++] = Long.toString(request.notAfter() + clockOffset);
            arguments[at++] = request.fingerprint() == null ? "0" : "1";
            arguments[at++] = request.again() ? "0" : "1";
        }
        return arguments;
    }

    private Answer answer(List<HoldRequest> batch, List<Object> reply) {
        long now = (Long) reply.getFirst();
        List<HoldReply> replies = new ArrayList<>(batch.size());
        for (int i = 0; i < batch.size(); i++) {
            int code = ((Long) reply.get(HEADER + i * 2)).intValue();
            replies.add(named(batch.get(i), code, reply.get(HEADER + i * 2 + 1), now));
        }
        return new Answer(now, (Long) reply.get(1), (Long) reply.get(2), replies);
    }

    private HoldReply named(HoldRequest request, int code, Object value, long now) {
        return switch (code) {
            case 1 -> new HoldReply.Held(held(request, (Long) value, now), false);
            case 2 -> new HoldReply.Held(heldBefore(request.saleId(), (String) value), true);
            case 3 -> new HoldReply.Settled(UUID.fromString((String) value));
            case 4 -> new HoldReply.KeyReused();
            case 5 -> new HoldReply.SoldOut();
            case 6 -> new HoldReply.Insufficient((Long) value);
            case 7 -> new HoldReply.LimitReached();
            case 8 -> new HoldReply.NotStarted();
            case 9 -> new HoldReply.Ended();
            case 10 -> new HoldReply.Paused();
            case 11 -> new HoldReply.Closed();
            case 12 -> new HoldReply.Expired();
            case 13 -> new HoldReply.RateLimited(rate, Duration.ofMillis((Long) value));
            default -> throw new IllegalStateException("stock/hold.lua answered the unknown code " + code);
        };
    }

    private static Hold held(HoldRequest request, long seq, long now) {
        return new Hold(
                request.orderId(),
                request.saleId(),
                request.epoch(),
                seq,
                request.userId(),
                request.quantity(),
                now,
                request.bodyHash(),
                request.keyHash());
    }

    private static Hold heldBefore(long saleId, String operationAndEntry) {
        int equals = operationAndEntry.indexOf('=');
        return Hold.parse(saleId, operationAndEntry.substring(0, equals), operationAndEntry.substring(equals + 1));
    }
}
