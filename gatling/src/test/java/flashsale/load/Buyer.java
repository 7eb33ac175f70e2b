package flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.StringBody;
import static io.gatling.javaapi.core.CoreDsl.asLongAs;
import static io.gatling.javaapi.core.CoreDsl.doIf;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.jsonPath;
import static io.gatling.javaapi.core.CoreDsl.pause;
import static io.gatling.javaapi.core.CoreDsl.repeat;
import static io.gatling.javaapi.http.HttpDsl.header;
import static io.gatling.javaapi.http.HttpDsl.http;
import static io.gatling.javaapi.http.HttpDsl.status;

import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.Session;
import io.gatling.javaapi.http.HttpRequestActionBuilder;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;

/** One buyer who wants one unit, and the habits a simulation may give to him. */
final class Buyer {

    /** With a Retry-After of a few seconds this is more patience than a person has. */
    private static final int MOST_ATTEMPTS = 10;

    /** One a second: what recovery needs at most. */
    private static final int MOST_QUESTIONS = 30;

    /** What the service has said before one more attempt is worth it. */
    private static final Set<String> ASK_AGAIN =
            Set.of("purchase-in-flight", "rate-limited", "overloaded", "degraded", "sale-closed");

    private final Tally tally;

    Buyer(Tally tally) {
        this.tally = tally;
    }

    ChainBuilder arrives() {
        return exec(session -> {
            tally.came();
            return session.set("key", UUID.randomUUID().toString())
                    .set("attempts", 0)
                    .set("questions", 0)
                    .set("taps", 0)
                    .set("order", "")
                    .set("outcome", "")
                    .set("verdict", "")
                    .set("retryAfter", "1");
        });
    }

    ChainBuilder looks() {
        return exec(http("look at the sale").get("/api/sales/#{sale}").check(status().is(200)));
    }

    /** Until he has it, it is sold out or his patience ends; waits between as long as he is told to. */
    ChainBuilder buysAsTold() {
        return exec(asLongAs(Buyer::wantsToAsk)
                        .on(tap("buy")
                                .exec(doIf(Buyer::wantsToAsk)
                                        .then(pause(session -> Duration.ofSeconds(session.getInt("retryAfter")))))))
                .exec(this::leaves);
    }

    /** Whatever he is told. Losers run into the limit of one user; a winner must get his order each time. */
    ChainBuilder hammers(int taps) {
        return exec(repeat(taps).on(tap("tap at once").pause(Duration.ofMillis(20), Duration.ofMillis(100))))
                .exec(session -> session.set("attempts", 0));
    }

    /** A refusal for overload ends it. */
    ChainBuilder buysOnce() {
        return tap("buy once").exec(session -> {
            int status = session.contains("status") ? session.getInt("status") : 0;
            if (status != 429 && status != 503) {
                return session;
            }
            tally.leftRefused();
            return session.set("verdict", "refused");
        });
    }

    /** Who was told 202, or nothing, asks until that has an end. */
    ChainBuilder learnsWhatBecameOfIt() {
        return exec(asLongAs(session ->
                                session.getString("verdict").isEmpty() && session.getInt("questions") < MOST_QUESTIONS)
                        .on(pause(1).exec(http("ask what became of it")
                                        .get("/api/sales/#{sale}/orders/mine")
                                        .header("Authorization", "Bearer #{accessToken}")
                                        .check(
                                                status().in(200, 503),
                                                jsonPath("$.outcome")
                                                        .withDefault("")
                                                        .saveAs("outcome"),
                                                jsonPath("$.orders[0].id")
                                                        .withDefault("")
                                                        .saveAs("order")))
                                .exec(this::learns)))
                .exec(this::leaves);
    }

    /** The answer must be the same order, and say that it is a repetition. */
    ChainBuilder repeats() {
        return exec(doIf(Buyer::hasWon)
                .then(exec(Patience.asks(
                                buy("buy again with the same key"),
                                201,
                                Set.of(202, 429, 503),
                                jsonPath("$.id").isEL("#{order}"),
                                header("Idempotency-Replayed").is("true")))
                        .exec(this::mustBeAnswered)));
    }

    ChainBuilder everyOtherCancels() {
        return exec(doIf(session -> hasWon(session) && session.userId() % 2 == 0)
                .then(exec(Patience.asks(
                                http("cancel")
                                        .post("/api/orders/#{order}/cancellation")
                                        .header("Authorization", "Bearer #{accessToken}"),
                                200,
                                Set.of(429, 503),
                                jsonPath("$.state").is("CANCELLED")))
                        .exec(this::mustBeAnswered)
                        .exec(session -> {
                            if (Patience.wasAnswered(session)) {
                                tally.cancelled(session.getString("order"));
                            }
                            return session;
                        })));
    }

    private Session mustBeAnswered(Session session) {
        if (!Patience.wasAnswered(session)) {
            tally.leftWithoutAnAnswer();
        }
        return session;
    }

    /** One tap and what it means for him. */
    private ChainBuilder tap(String name) {
        return exec(session -> session.remove("status"))
                .exec(buy(name)
                        .check(
                                status().in(201, 202, 409, 429, 503),
                                status().saveAs("status"),
                                header("Retry-After").withDefault("1").saveAs("retryAfter"),
                                jsonPath("$.id").withDefault("").saveAs("told"),
                                jsonPath("$.type")
                                        .withDefault("")
                                        .validate("an answer that may be given", Buyer::expected)
                                        .saveAs("problem")))
                .exec(this::reads);
    }

    private static HttpRequestActionBuilder buy(String name) {
        return http(name)
                .post("/api/sales/#{sale}/orders")
                .header("Authorization", "Bearer #{accessToken}")
                .header("Idempotency-Key", "#{key}")
                .header("Content-Type", "application/json")
                .body(StringBody("{\"quantity\":1}"));
    }

    /** A conflict other than these would be wrong for someone who buys one unit, with one key, in time. */
    private static String expected(String type, Session session) {
        String problem = problem(type);
        if (problem.equals("sold-out") && hasWon(session)) {
            throw new IllegalArgumentException("a winner was told that it is sold out");
        }
        if (problem.isEmpty() || problem.equals("sold-out") || ASK_AGAIN.contains(problem)) {
            return type;
        }
        throw new IllegalArgumentException("refused with " + type);
    }

    private Session reads(Session session) {
        int taps = session.getInt("taps") + 1;
        Session after = session.set("taps", taps).set("attempts", session.getInt("attempts") + 1);
        // A failed request saves nothing; it is counted by Gatling, and asked again like any lost answer.
        int status = session.contains("status") ? session.getInt("status") : 0;
        switch (status) {
            case 201 -> {
                // Were it another order than before, the books would have one more than the buyers were sold to.
                tally.won(session.getString("told"), taps == 1);
                return after.set("order", session.getString("told")).set("verdict", "won");
            }
            case 202 -> tally.accepted();
            case 409 -> {
                if (problem(session.getString("problem")).equals("sold-out")) {
                    return after.set("verdict", "sold out");
                }
            }
            default -> {}
        }
        return after;
    }

    private Session learns(Session session) {
        Session after = session.set("questions", session.getInt("questions") + 1);
        return switch (session.getString("outcome")) {
            case "ORDERED" -> {
                tally.won(session.getString("order"), false);
                yield after.set("verdict", "won");
            }
            case "NONE", "RELEASED" -> {
                tally.leftRefused();
                yield after.set("verdict", "refused");
            }
            default -> after;
        };
    }

    private static boolean hasWon(Session session) {
        return session.getString("verdict").equals("won");
    }

    private static boolean wantsToAsk(Session session) {
        return session.getString("verdict").isEmpty() && session.getInt("attempts") < MOST_ATTEMPTS;
    }

    private Session leaves(Session session) {
        if (session.getString("verdict").isEmpty()) {
            tally.leftWithoutAnAnswer();
        }
        return session;
    }

    private static String problem(String type) {
        return type.substring(type.lastIndexOf('/') + 1);
    }
}
