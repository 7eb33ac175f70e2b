package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

/** Another user's order or session does not exist, on any route that takes an id: the routes are asked, not listed. */
class OthersThingsTest extends OnSharedServers {

    /** What an {id} names, by the start of its path; a new route with an id must find itself here, or be added. */
    private enum Kind {
        ORDER("/api/orders/{id}"),
        SESSION("/api/sessions/{id}"),
        EVERYBODYS("/api/sales/{id}", "/problems/{name}"),
        OPERATIONS("/api/ops/");

        final String[] starts;

        Kind(String... starts) {
            this.starts = starts;
        }

        static Kind of(String path) {
            for (Kind kind : values()) {
                for (String start : kind.starts) {
                    if (path.startsWith(start)) {
                        return kind;
                    }
                }
            }
            throw new AssertionError("Whose is the id in " + path + "? Say so in this test.");
        }
    }

    @Autowired
    private RouteTable routes;

    @Test
    void anotherUsersOrderOrSessionIsNotFoundOnAnyRoute() {
        String sale = openSale();
        String victim = user();
        String victimsToken = app(victim);
        Api.Reply bought = api.buy(sale, victimsToken, "key", 1);
        String order = bought.json().path("id").asString();
        String session = currentId(api.get("/api/sessions", victimsToken));
        String attacker = app(user());
        Browser attackersBrowser = loggedIn(user());

        List<String> tried = new ArrayList<>();
        for (RouteTable.Route route : withIds()) {
            Kind kind = Kind.of(route.path());
            String id =
                    switch (kind) {
                        case ORDER -> order;
                        case SESSION -> session;
                        case EVERYBODYS -> null;
                        case OPERATIONS -> "1";
                    };
            if (id == null) {
                continue;
            }
            String path = route.path().replaceAll("\\{[^}]*}", id);
            int expected = kind == Kind.OPERATIONS ? 403 : 404;
            tried.add(route.method() + " " + route.path());
            for (Api.Reply reply : List.of(
                    api.call(route.method().name(), path, attacker, body(route)),
                    attackersBrowser.call(route.method().name(), path, body(route)))) {
                assertThat(reply.status())
                        .as(route.method() + " " + path + ": " + reply)
                        .isEqualTo(expected);
                assertThat(reply.text()).doesNotContain("amountCents", victim);
            }
        }

        assertThat(tried).contains("GET /api/orders/{id}", "DELETE /api/sessions/{id}");
        assertThat(api.get("/api/orders/" + order, victimsToken).status()).isEqualTo(200);
        // Of everybody's things, each sees only the own share.
        assertThat(api.get("/api/sales/" + sale + "/orders/mine", attacker).text())
                .isEqualTo("{\"outcome\":\"NONE\",\"orders\":[]}");
        assertThat(api.get("/api/orders", attacker).text()).isEqualTo("{\"orders\":[]}");
    }

    private List<RouteTable.Route> withIds() {
        return routes.routes().stream()
                .filter(route -> route.path().contains("{"))
                .toList();
    }

    private static String body(RouteTable.Route route) {
        return Map.of("GET", "", "DELETE", "").containsKey(route.method().name()) ? null : "{\"quantity\":1}";
    }

    @Test
    void everyRouteWithAnIdIsOfAKnownKind() {
        assertThat(withIds().stream().collect(Collectors.groupingBy(route -> Kind.of(route.path()))))
                .hasSize(Kind.values().length);
    }
}
