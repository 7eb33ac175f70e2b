package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.servers.Servers;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Operations see what was given up, and ask for it again. */
class DeadLetterCallsTest extends OnSharedServers {

    private final UUID order = UUID.randomUUID();

    @Test
    void anEventAndATaskThatWereGivenUpAreListedAndTriedAgain() {
        String id = buy();
        // No snapshot has this version, so that it is given up again should the relay come by.
        execute("insert into outbox (order_id, state_version, attempts, last_error, retry_at, dead_at)" + " values ('"
                + order + "', 7, 10, 'no such snapshot', now(), now() + interval '1 day')");
        execute("insert into order_task (order_id, kind, due_at, attempts, last_error, dead_at)" + " values ('" + id
                + "', 'TRACKING', now(), 5, 'provider away', now() + interval '2 days')");

        List<JsonNode> letters = letters();
        assertThat(letters)
                .extracting(letter -> letter.path("kind").asString())
                .as("newest first")
                .startsWith("TRACKING", "EVENT");
        JsonNode task = letters.get(0);
        JsonNode event = letters.get(1);
        assertThat(task.path("orderId").asString()).isEqualTo(id);
        assertThat(task.path("attempts").asInt()).isEqualTo(5);
        assertThat(event.path("lastError").asString()).isEqualTo("no such snapshot");
        assertThat(event.path("orderId").asString()).isEqualTo(order.toString());

        for (JsonNode letter : List.of(task, event)) {
            String retry = "/api/ops/dead-letters/" + letter.path("id").asString() + "/retry";
            assertThat(api.post(retry, ops(), null).status()).isEqualTo(202);
            assertThat(api.post(retry, ops(), null).problem())
                    .as("it is none now")
                    .isEqualTo("not-found");
        }
        assertThat(letters())
                .extracting(letter -> letter.path("id").asString())
                .doesNotContain(task.path("id").asString());
        assertThat(api.get("/api/ops/actions?limit=10", ops()).text())
                .contains("dead-letter/" + event.path("id").asString(), "\"action\":\"retry\"");
        execute("delete from outbox where order_id = '" + order + "'");
        execute("delete from order_task where order_id = '" + id + "'");
    }

    @Test
    void anIdNobodyKnowsIsNotFound() {
        for (String id : List.of("task-999999999", "event-0", "event-99999999999999999999", "task", "x-1", "task-1'")) {
            assertThat(api.post("/api/ops/dead-letters/" + id.replace("'", "%27") + "/retry", ops(), null)
                            .problem())
                    .as(id)
                    .isEqualTo("not-found");
        }
    }

    @Test
    void onlyOperationsMayAndOnlyAPageAtATime() {
        String buyer = app(user());
        assertThat(api.get("/api/ops/dead-letters", buyer).problem()).isEqualTo("forbidden");
        assertThat(api.post("/api/ops/dead-letters/event-1/retry", buyer, null).problem())
                .isEqualTo("forbidden");
        assertThat(api.post("/api/ops/sales/1/sync", buyer, null).problem()).isEqualTo("forbidden");
        assertThat(api.get("/api/ops/dead-letters?limit=201", ops()).problem()).isEqualTo("invalid-request");
    }

    @Test
    void aSaleThatAddsUpIsSyncedWithoutARepair() {
        String sale = openSale();
        JsonNode synced =
                api.post("/api/ops/sales/" + sale + "/sync", ops(), null).json();
        assertThat(synced.path("available").asInt()).isEqualTo(100);
        assertThat(synced.path("epoch").asInt()).isEqualTo(1);
        assertThat(synced.path("drift").asInt(-1)).isZero();
        assertThat(synced.path("repaired").asInt(-1)).isZero();
        assertThat(api.post("/api/ops/sales/999999999/sync", ops(), null).problem())
                .isEqualTo("sale-not-found");
    }

    private String buy() {
        Api.Reply bought = api.buy(openSale(), app(user()), UUID.randomUUID().toString(), 1);
        assertThat(bought.status()).as(bought.text()).isEqualTo(201);
        return bought.json().path("id").asString();
    }

    private List<JsonNode> letters() {
        return api.get("/api/ops/dead-letters", ops())
                .json()
                .path("deadLetters")
                .valueStream()
                .toList();
    }

    private static void execute(String sql) {
        try (Connection connection = Servers.shared().database().connect();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.execute();
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }
}
