package flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.asLongAs;
import static io.gatling.javaapi.core.CoreDsl.doIf;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.pause;
import static io.gatling.javaapi.http.HttpDsl.header;
import static io.gatling.javaapi.http.HttpDsl.status;

import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.CheckBuilder;
import io.gatling.javaapi.core.Session;
import io.gatling.javaapi.http.HttpRequestActionBuilder;
import java.time.Duration;

/** Asks again what was refused for want of room, each time after as long as the refusal says, at most ten times. */
final class Patience {

    /** Set once there was an answer; whether it was the right one is for its checks to say. */
    private static final String ANSWERED = "answered";

    private static final int MOST_ATTEMPTS = 10;

    private Patience() {}

    /** @param answer what must hold of the answer with this status; any other but 429 and 503 fails the run */
    static ChainBuilder asks(HttpRequestActionBuilder request, int status, CheckBuilder... answer) {
        var asked = request.check(
                        status().in(status, 429, 503),
                        header("Retry-After").withDefault("1").saveAs("retryAfter"))
                .checkIf((response, session) -> response.status().code() == status)
                .then(answer)
                .checkIf((response, session) -> response.status().code() == status)
                .then(status().saveAs(ANSWERED));
        return exec(session -> session.remove(ANSWERED).set("attempts", 0))
                .exec(asLongAs(Patience::isLeft)
                        .on(exec(asked)
                                .exec(session -> session.set("attempts", session.getInt("attempts") + 1))
                                .exec(doIf(Patience::isLeft)
                                        .then(pause(session -> Duration.ofSeconds(session.getInt("retryAfter")))))));
    }

    static boolean wasAnswered(Session session) {
        return session.contains(ANSWERED);
    }

    private static boolean isLeft(Session session) {
        return !wasAnswered(session) && session.getInt("attempts") < MOST_ATTEMPTS;
    }
}
