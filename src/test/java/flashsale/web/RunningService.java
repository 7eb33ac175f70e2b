package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.test.context.ActiveProfiles;

/** The whole service on real servers; its words for tests. */
@SpringBootTest(
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {
            "management.server.port=0",
            "flash-sale.session.hashing.cost=4",
            "flash-sale.web.max-event-streams=2",
            "flash-sale.web.heartbeat=200ms"
        })
@ActiveProfiles("local")
abstract class RunningService {

    private static final AtomicInteger NEXT = new AtomicInteger();

    @Value("${local.server.port}")
    int port;

    final Map<String, String> userIds = new HashMap<>();

    Api api;

    @BeforeEach
    void connect() {
        api = new Api(port);
        await().atMost(Duration.ofSeconds(30))
                .until(() -> api.get("/api/sales", null).text().contains("\"state\":\"OPEN\""));
    }

    /** The name of a new user, whose password is {@code long enough}. */
    String user() {
        String name = "user" + NEXT.incrementAndGet() + "-" + Long.toString(System.nanoTime(), 36);
        Api.Reply registered =
                api.post("/api/users", null, "{\"username\":\"" + name + "\",\"password\":\"long enough\"}");
        assertThat(registered.status()).as(registered.text()).isEqualTo(201);
        userIds.put(name, registered.json().path("id").asString());
        return name;
    }

    Browser loggedIn(String username) {
        Browser browser = new Browser(api);
        browser.logIn(username, "browser");
        return browser;
    }

    String app(String username) {
        return api.logIn(username, "long enough", "app");
    }

    String ops() {
        return api.logIn("ops", "flash-sale", "miniapp");
    }

    String openSale() {
        return openSale("2020-01-01T00:00:00Z");
    }

    String openSale(String startsAt) {
        String ops = ops();
        String id = api.post("/api/ops/sales", ops, """
                        {"name":"Phone","priceCents":250,"currency":"CNY","stock":100,"perUserLimit":1,
                         "startsAt":"%s","endsAt":"2040-01-01T00:00:00Z"}""".formatted(startsAt))
                .json()
                .path("id")
                .asString();
        assertThat(api.post("/api/ops/sales/" + id + "/preheat", ops, null).status())
                .isEqualTo(200);
        return id;
    }

    /** The session of the caller, as it stands in the caller's list. */
    static String currentId(Api.Reply sessions) {
        return sessions.json()
                .path("sessions")
                .valueStream()
                .filter(session -> session.path("current").asBoolean())
                .findFirst()
                .orElseThrow()
                .path("id")
                .asString();
    }
}
