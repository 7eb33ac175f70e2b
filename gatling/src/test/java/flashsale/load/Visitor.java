package flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.jsonPath;
import static io.gatling.javaapi.core.CoreDsl.repeat;
import static io.gatling.javaapi.http.HttpDsl.header;
import static io.gatling.javaapi.http.HttpDsl.http;
import static io.gatling.javaapi.http.HttpDsl.status;

import io.gatling.javaapi.core.ChainBuilder;
import java.time.Duration;

/** Somebody without a session. */
final class Visitor {

    private Visitor() {}

    /** The list once, then the sale again and again as a page does that is left open: only what changed is sent. */
    static ChainBuilder looksAround(int looks) {
        return exec(http("list the sales")
                        .get("/api/sales")
                        .check(
                                status().is(200),
                                jsonPath("$.sales[?(@.id=='#{sale}')].id").exists()))
                .exec(session -> session.set("etag", "\"none\""))
                .exec(repeat(looks)
                        .on(exec(http("look again")
                                        .get("/api/sales/#{sale}")
                                        .header("If-None-Match", "#{etag}")
                                        .check(
                                                status().in(200, 304),
                                                header("ETag").exists().saveAs("etag")))
                                .pause(Duration.ofMillis(200), Duration.ofMillis(800))));
    }
}
