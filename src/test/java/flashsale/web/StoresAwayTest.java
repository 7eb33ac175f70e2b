package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;

/** The service where neither store is there, and in no profile: it starts, lives, is not ready, and says so. */
@SpringBootTest(
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {
            "management.server.port=0",
            "flash-sale.session.jwt-secret=a-secret-of-this-test-and-of-nothing-else",
            "spring.data.redis.url=redis://127.0.0.1:1",
            "spring.r2dbc.url=r2dbc:postgresql://127.0.0.1:1/none",
            "spring.r2dbc.username=none",
            "spring.flyway.url=jdbc:postgresql://127.0.0.1:1/none",
            "spring.flyway.user=none"
        })
class StoresAwayTest {

    @Value("${local.server.port}")
    private int port;

    @Value("${local.management.port}")
    private int managementPort;

    @Autowired
    private RouteTable routes;

    private Api api;

    @BeforeEach
    void connect() {
        api = new Api(port);
    }

    @Test
    void itLivesButIsNotReady() {
        Api management = new Api(managementPort);

        assertThat(api.get("/ping", null).status()).isEqualTo(200);
        assertThat(management.get("/actuator/health/liveness", null).status()).isEqualTo(200);
        Api.Reply readiness = management.get("/actuator/health/readiness", null);
        assertThat(readiness.status()).isEqualTo(503);
        assertThat(readiness.text()).contains("\"migrated\":false", "\"postgresql\":false", "\"redis\":false");
    }

    @Test
    void whatNeedsAStoreIsRefusedWithATimeToComeBack() {
        Api.Reply reply = api.post("/api/sessions", null, """
                {"username":"abc","password":"p","clientType":"app","deviceId":"d"}""");

        assertThat(reply.status()).isEqualTo(503);
        assertThat(reply.problem()).isEqualTo("degraded");
        assertThat(Long.parseLong(reply.header("Retry-After"))).isPositive();
    }

    @Test
    void whatNeedsNoneIsAnswered() {
        assertThat(api.post("/api/sales/1/orders", null, "{\"quantity\":1}").problem())
                .isEqualTo("unauthenticated");
        assertThat(api.get("/problems/degraded", null).status()).isEqualTo(200);
    }

    @Test
    void loadTestSessionsDoNotExistOutsideTheLocalProfile() {
        assertThat(api.post("/api/dev/sessions", null, "{\"count\":1,\"prefix\":\"p\"}")
                        .problem())
                .isEqualTo("not-found");
        assertThat(routes.routes()).isNotEmpty().noneMatch(route -> route.path().contains("dev"));
    }
}
