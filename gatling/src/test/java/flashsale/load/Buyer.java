package flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.StringBody;
import static io.gatling.javaapi.core.CoreDsl.asLongAs;
import static io.gatling.javaapi.core.CoreDsl.doIf;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.jsonPath;
import static io.gatling.javaapi.core.CoreDsl.pause;
import static io.gatling.javaapi.http.HttpDsl.header;
import static io.gatling.javaapi.http.HttpDsl.http;
import static io.gatling.javaapi.http.HttpDsl.status;

import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.Session;
import io.gatling.javaapi.http.HttpRequestActionBuilder;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;

/** One buyer: looks at the sale, wants one unit, asks again as told, and as a winner asks once more. */
final class Buyer {

    /** With a Retry-After of a few seconds this is more patience than a person has. */
    private static final int MOST_ATTEMPTS = 10;

    /** What the service has said before one more attempt is worth it. */
    private static final Set<String> ASK_AGAIN =
            Set.of("accepted", "purchase-in-flight", "rate-limited", "overloaded", "degraded", "sale-closed");

    private final Tally tally;

    Buyer(Tally tally) {
        this.tally = tally;
    }

    ChainBuilder buys() {
        return exec(this::arrives)
                .exec(http("look at the sale")
                        .get("/api/sales/#{sale}")
                        .check(status().is(200)))
                .exec(asLongAs(Buyer::wantsToAsk)
                        .on(exec(buy("buy")
                                        .check(
                                                status().in(201, 202, 409, 429, 503),
                                                status().saveAs("status"),
                                                header("Retry-After").withDefault("1").saveAs("retryAfter"),
                                                jsonPath("$.id").withDefault("").saveAs("order"),
                                                jsonPath("$.type")
                                                        .withDefault("")
                                                        .validate("an answer that may be given", Buyer::expected)
                                                        .saveAs("problem")))
                                .exec(this::reads)
                                .exec(doIf(Buyer::wantsToAsk)
                                        .then(pause(session -> Duration.ofSeconds(session.getInt("retryAfter")))))))
                .exec(this::leaves)
                .exec(doIf(session -> session.getString("verdict").equals("won")).then(replay()));
    }

    /** The answer must be the same order, and say that it is a repetition. */
    private static ChainBuilder replay() {
        return exec(buy("buy again with the same key")
                .check(
                        status().is(201),
                        jsonPath("$.id").isEL("#{order}"),
                        header("Idempotency-Replayed").is("true")));
    }

    private static HttpRequestActionBuilder buy(String name) {
        return http(name)
                .post("/api/sales/#{sale}/orders")
                .header("Authorization", "Bearer #{accessToken}")
                .header("Idempotency-Key", "#{key}")
                .header("Content-Type", "application/json")
                .body(StringBody("{\"quantity\":1}"));
    }

    private Session arrives(Session session) {
        tally.came();
        return session.set("key", UUID.randomUUID().toString())
                .set("attempts", 0)
                .set("verdict", "")
                .set("retryAfter", "1");
    }

    /** A conflict other than these would be a wrong answer to someone who buys one unit, once, in time. */
    private static String expected(String type, Session session) {
        String problem = problem(type);
        if (problem.isEmpty() || problem.equals("sold-out") || ASK_AGAIN.contains(problem)) {
            return type;
        }
        throw new IllegalArgumentException("refused with " + type);
    }

    private Session reads(Session session) {
        int attempts = session.getInt("attempts") + 1;
        // A failed request saves nothing; it is counted by Gatling, and asked again like any lost answer.
        int status = session.contains("status") ? session.getInt("status") : 0;
        String verdict =
                switch (status) {
                    case 201 -> "won";
                    case 409 -> problem(session.getString("problem")).equals("sold-out") ? "sold out" : "";
                    default -> "";
                };
        if (verdict.equals("won")) {
            tally.won(session.getString("order"), attempts == 1);
        }
        return session.set("attempts", attempts).set("verdict", verdict);
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
