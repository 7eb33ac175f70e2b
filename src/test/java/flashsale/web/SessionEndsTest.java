package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import flashsale.observability.Stage;
import flashsale.shop.Stages;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import tools.jackson.databind.JsonNode;

/** Why and when a session ended, told to whoever still shows it, and at once to whoever watches it. */
class SessionEndsTest extends OnSharedServers {

    @Autowired
    private MeterRegistry registry;

    @Test
    void theDeviceThatTookThePlaceIsNamed() {
        String name = user();
        String token = app(name);
        Instant before = Instant.now().minusSeconds(1);
        api.post("/api/sessions", null, """
                {"username":"%s","password":"long enough","clientType":"app","deviceId":"new \\"phone\\""}
                """.formatted(name));

        JsonNode problem = ended(token, "replaced");

        assertThat(problem.path("by").asString()).isEqualTo("new \"phone\"");
        assertThat(problem.path("detail").asString()).contains("new \"phone\"", "Log in again");
        assertThat(Instant.parse(problem.path("endedAt").asString())).isBetween(before, Instant.now());
    }

    @Test
    void everyReasonIsTold() {
        String name = user();
        String phone = app(name);
        Browser browser = loggedIn(name);

        String mini = api.logIn(name, "long enough", "miniapp");
        assertThat(api.call("DELETE", "/api/sessions/current", mini, null).status())
                .isEqualTo(204);
        ended(mini, "logged-out");

        assertThat(browser.call("DELETE", "/api/sessions", null).status()).isEqualTo(204);
        ended(phone, "ended-elsewhere");

        String again = app(name);
        assertThat(browser.call(
                                "PUT",
                                "/api/users/me/password",
                                "{\"current\":\"long enough\",\"new\":\"longer than before\"}")
                        .status())
                .isEqualTo(204);
        ended(again, "password-changed");
    }

    @Test
    void operationsEndAllSessionsOfAUser() {
        String name = user();
        String userId = userIds.get(name);
        String phone = app(name);
        Browser browser = loggedIn(name);
        String ops = ops();

        assertThat(api.post("/api/ops/users/" + userId + "/logout", phone, null).problem())
                .isEqualTo("forbidden");
        Api.Reply out = api.post("/api/ops/users/" + userId + "/logout", ops, null);

        assertThat(out.text()).isEqualTo("{\"id\":\"" + userId + "\",\"ended\":2}");
        ended(phone, "forced");
        assertThat(browser.get("/api/orders").json().path("reason").asString()).isEqualTo("forced");
        assertThat(api.post("/api/ops/users/x/logout", ops, null).problem()).isEqualTo("not-found");
        JsonNode actions = api.get("/api/ops/actions", ops).json().path("actions");
        assertThat(actions.valueStream()
                        .filter(action -> action.path("target").asString().equals("user/" + userId)))
                .extracting(action -> action.path("action").asString() + " "
                        + action.path("outcome").asString() + " "
                        + action.path("detail").asString())
                .containsExactly("logout done sessions=2");
    }

    private JsonNode ended(String token, String reason) {
        Api.Reply reply = api.get("/api/orders", token);
        assertThat(reply.problem()).isEqualTo("session-ended");
        JsonNode problem = reply.json();
        assertThat(problem.path("reason").asString()).isEqualTo(reason);
        assertThat(problem.has("by")).isEqualTo(reason.equals("replaced"));
        assertThat(problem.path("detail").asString())
                .contains(problem.path("endedAt").asString());
        return problem;
    }

    @Test
    void sessionsAreListedNewestFirst() {
        String name = user();
        String phone = app(name);
        Browser browser = loggedIn(name);

        JsonNode listed = browser.get("/api/sessions").json().path("sessions");

        assertThat(listed.valueStream()
                        .map(session -> session.path("clientType").asString() + " "
                                + session.path("deviceId").asString() + " "
                                + session.path("current").asBoolean()))
                .containsExactlyInAnyOrder("web browser true", "app test false");
        for (JsonNode session : listed) {
            assertThat(session.propertyNames())
                    .containsExactly(
                            "id", "clientType", "deviceId", "createdAt", "lastActiveAt", "expiresAt", "current");
            assertThat(Instant.parse(session.path("expiresAt").asString()))
                    .isEqualTo(Instant.parse(session.path("lastActiveAt").asString())
                            .plus(Duration.ofHours(2)));
        }
        assertThat(currentId(api.get("/api/sessions", phone))).isNotEqualTo(currentId(browser.get("/api/sessions")));
    }

    @Test
    void aWatchedSessionTellsItsEndAtOnceAndTheStreamEnds() throws IOException {
        String name = user();
        Browser browser = loggedIn(name);
        try (var events = new EventReader(port, "/api/sessions/events", "Cookie: " + browser.header() + "\r\n")) {
            assertThat(events.status).contains("200");
            assertThat(events.next("event:")).isEqualTo("event:session");
            assertThat(events.next("data:"))
                    .contains(
                            "\"id\":\"" + currentId(browser.get("/api/sessions")) + "\"",
                            "\"state\":\"active\"",
                            "\"expiresAt\":\"");
            assertThat(events.next(":")).isEqualTo(":");

            new Browser(api).logIn(name, "other browser");

            assertThat(events.next("event:")).isEqualTo("event:session-ended");
            assertThat(events.next("data:"))
                    .contains("\"reason\":\"replaced\"", "\"by\":\"other browser\"", "\"endedAt\":\"");
            assertThat(events.rest()).doesNotContain("event:");
        }
    }

    @Test
    void aBearerWatchesItsSessionTooAndOneThatEndedIsRefused() throws IOException {
        String name = user();
        String token = app(name);
        try (var events = new EventReader(port, "/api/sessions/events", "Authorization: Bearer " + token + "\r\n")) {
            assertThat(events.next("event:")).isEqualTo("event:session");
            api.call("DELETE", "/api/sessions/current", token, null);
            assertThat(events.next("data:{\"reason\"")).contains("\"reason\":\"logged-out\"");
        }
        assertThat(api.get("/api/sessions/events", token).problem()).isEqualTo("session-ended");
        assertThat(api.get("/api/sessions/events", null).problem()).isEqualTo("unauthenticated");
    }

    @Test
    void streamsOfSalesAndOfSessionsShareTheirPlacesAndGiveThemBack() throws IOException {
        String sale = "/api/sales/" + openSale() + "/events";
        String token = app(user());
        String bearer = "Authorization: Bearer " + token + "\r\n";
        awaitOpen(sale, bearer);
        Stages stages = new Stages(registry);
        long refused = stages.refused(Stage.EVENT_STREAMS);
        try (var one = new EventReader(port, sale, "");
                var two = new EventReader(port, "/api/sessions/events", bearer)) {
            one.next("event:");
            two.next("event:");

            assertThat(api.get("/api/sessions/events", token).problem()).isEqualTo("overloaded");
            assertThat(api.get(sale, null).problem()).isEqualTo("overloaded");
            assertThat(stages.depth(Stage.EVENT_STREAMS)).isEqualTo(stages.bound(Stage.EVENT_STREAMS));
            assertThat(stages.refused(Stage.EVENT_STREAMS)).isEqualTo(refused + 2);
        }
        stages.awaitDepth(Stage.EVENT_STREAMS, 0);
        awaitOpen("/api/sessions/events", bearer);
        String name = user();
        String ended = app(name);
        try (var watched = new EventReader(port, "/api/sessions/events", "Authorization: Bearer " + ended + "\r\n");
                var other = new EventReader(port, sale, "")) {
            watched.next("event:");
            other.next("event:");
            api.call("DELETE", "/api/sessions/current", ended, null);
            watched.rest();
            // Its end gave the place back, though the client is still connected.
            awaitOpen(sale, "");
        }
    }

    private void awaitOpen(String path, String headers) {
        await().atMost(Duration.ofSeconds(10)).until(() -> {
            try (var events = new EventReader(port, path, headers)) {
                return events.status.contains("200");
            }
        });
    }
}
