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
import java.util.ArrayList;
import java.util.Set;

/** Asks again what was refused for want of room or is not answered yet, each time after as long as it says, at most ten times. */
final class Patience {

    /** Set once there was an answer; whether it was the right one is for its checks to say. */
    private static final String ANSWERED = "answered";

    private static final int MOST_ATTEMPTS = 10;

    private Patience() {}

    /**
     * @param notYet statuses that say to come again; any other but {@code status} fails the run
     * @param answer what must hold of the answer with {@code status}
     */
    static ChainBuilder asks(
            HttpRequestActionBuilder request, int status, Set<Integer> notYet, CheckBuilder... answer) {
        var allowed = new ArrayList<Integer>(notYet);
        allowed.add(status);
        var asked = request.check(
                        status().in(allowed),
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
