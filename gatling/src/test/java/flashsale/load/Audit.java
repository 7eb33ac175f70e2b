package flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.asLongAs;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.jmesPath;
import static io.gatling.javaapi.http.HttpDsl.http;
import static io.gatling.javaapi.http.HttpDsl.status;

import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.Session;
import io.gatling.javaapi.http.HttpRequestActionBuilder;
import java.util.function.LongSupplier;

/** The last visitor: waits until every unit has settled, then compares the books with what the buyers were told. */
final class Audit {

    /** Its request fails when the books are wrong, and the run with it: an exception after a run does not. */
    static final String VERDICT = "the books are right";

    /** One a second: what recovery needs at most. */
    private static final int MOST_LOOKS = 30;

    private final Tally tally;
    private final int stock;
    private final LongSupplier least;

    /** @param least units that must be sold, asked at the end */
    Audit(Tally tally, int stock, LongSupplier least) {
        this.tally = tally;
        this.stock = stock;
        this.least = least;
    }

    ChainBuilder judges() {
        return exec(session -> session.set("looks", 0).set("settled", false))
                .exec(asLongAs(Audit::isUnsettled)
                        .on(exec(ask("wait for the books to settle")
                                        .check(
                                                status().is(200),
                                                jmesPath("consistent && held == `0` && returning == `0`")
                                                        .ofBoolean()
                                                        .saveAs("settled")))
                                .exec(session -> session.set("looks", session.getInt("looks") + 1))
                                .pause(1)))
                .exec(ask(VERDICT)
                        .check(
                                status().is(200),
                                jmesPath("consistent").ofBoolean().is(true),
                                jmesPath("drift").ofLong().is(0L),
                                jmesPath("held").ofLong().is(0L),
                                jmesPath("stock").ofLong().is((long) stock),
                                jmesPath("sold")
                                        .ofLong()
                                        .validate(
                                                "as many as buyers have orders",
                                                (sold, session) -> mustEqual(
                                                        "orders the buyers were given", tally.orders(), sold)),
                                jmesPath("sold")
                                        .ofLong()
                                        .validate(
                                                "as many as could be sold",
                                                (sold, session) -> mustReach(
                                                        "units that had to be sold", least.getAsLong(), sold)),
                                status().validate("every buyer got a final answer", (ok, session) -> {
                                    mustEqual("buyers without a final answer", tally.unanswered(), 0L);
                                    return ok;
                                })));
    }

    private static HttpRequestActionBuilder ask(String name) {
        return http(name).get("/api/ops/sales/#{sale}/audit").header("Authorization", "Bearer #{opsToken}");
    }

    private static boolean isUnsettled(Session session) {
        return !session.getBoolean("settled") && session.getInt("looks") < MOST_LOOKS;
    }

    private static Long mustEqual(String what, long expected, Long actual) {
        if (actual == null || actual != expected) {
            throw new IllegalStateException(what + ": " + expected + ", the books say " + actual);
        }
        return actual;
    }

    private static Long mustReach(String what, long least, Long actual) {
        if (actual == null || actual < least) {
            throw new IllegalStateException(what + ": " + least + ", the books say " + actual);
        }
        return actual;
    }
}
