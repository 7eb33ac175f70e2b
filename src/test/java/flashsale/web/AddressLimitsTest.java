package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.servers.Servers;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Arrays;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestPropertySource;

/** One address that calls too often, behind a proxy that says which it is; no rate here is refilled within the test. */
@TestPropertySource(
        properties = {
            "flash-sale.web.trusted-proxies=1",
            "flash-sale.admission.addresses.limited=true",
            "flash-sale.admission.addresses.requests.per-second=1",
            "flash-sale.admission.addresses.requests.burst=400",
            "flash-sale.admission.addresses.logins.per-second=1",
            "flash-sale.admission.addresses.logins.burst=10",
            "flash-sale.admission.addresses.bad-tokens.per-second=1",
            "flash-sale.admission.addresses.bad-tokens.burst=10",
        })
class AddressLimitsTest extends RunningService {

    private static final AtomicInteger NEXT = new AtomicInteger();

    @Autowired
    private MeterRegistry meters;

    /** Whoever asks without the header is the proxy itself; the words of RunningService do. */
    private final String address = "198.51.100." + NEXT.incrementAndGet();

    @DynamicPropertySource
    static void servers(DynamicPropertyRegistry registry) {
        Servers.properties(registry);
    }

    private Api.Reply from(String address, String method, String path, String token, String body) {
        return api.call(method, path, token, body, "X-Forwarded-For", "6.6.6.6, " + address);
    }

    /** The first that is refused, of so many at most. */
    private static Api.Reply refused(int most, IntFunction<Api.Reply> call) {
        for (int i = 0; i < most; i++) {
            Api.Reply reply = call.apply(i);
            if (reply.status() == 429) {
                return reply;
            }
        }
        throw new AssertionError("None of " + most + " was refused");
    }

    private static void assertLimited(Api.Reply reply, String policy) {
        assertThat(reply.problem()).isEqualTo("rate-limited");
        assertThat(reply.header("RateLimit-Policy"))
                .startsWith("\"" + policy + "\";q=")
                .contains(";w=");
        assertThat(reply.header("RateLimit")).startsWith("\"" + policy + "\";r=0;t=");
        assertThat(Integer.parseInt(reply.header("Retry-After"))).isPositive();
    }

    @Test
    void anAddressThatCallsTooOftenIsTurnedAwayBeforeItsTokenIsLookedAt() {
        Api.Reply last = refused(3_000, i -> from(address, "GET", "/ping", null, null));
        assertLimited(last, "address");
        assertLimited(from(address, "GET", "/api/orders", "no token", null), "address");
        assertThat(from("203.0.113.9", "GET", "/ping", null, null).status()).isEqualTo(200);
    }

    @Test
    void whoIsTurnedAwayAtTheDoorIsCountedToo() {
        String sale = api.post("/api/ops/sales", ops(), """
                        {"name":"Later","priceCents":250,"currency":"CNY","stock":1,"perUserLimit":1,
                         "startsAt":"2039-01-01T00:00:00Z","endsAt":"2040-01-01T00:00:00Z"}""").json().path("id").asString();
        String path = "/api/sales/" + sale + "/orders";
        String[] crowd = new String[50];
        Arrays.setAll(
                crowd, i -> api.buyer("door-" + UUID.randomUUID().toString().substring(0, 8)));
        Api.Reply last = null;
        for (int i = 0;
                i < 3_000 && (last == null || !last.header("RateLimit-Policy").contains("address"));
                i++) {
            last = from(address, "POST", path, crowd[i % crowd.length], "{\"quantity\":1}");
        }
        assertLimited(last, "address");
        assertThat(from("203.0.113.9", "GET", "/api/sales", null, null).status())
                .isEqualTo(200);

        double before = purchasesAnswered();
        int others = 0;
        for (int i = 0; i < 20; i++) {
            Api.Reply reply = from(address, "POST", path, crowd[i], "{\"quantity\":1}");
            others += reply.header("RateLimit-Policy").contains("address") ? 0 : 1;
        }
        assertThat(others).as("refilled meanwhile").isLessThan(20);
        assertThat(purchasesAnswered() - before)
                .as("an answer about the sale counts, one about the address does not")
                .isEqualTo(others);
    }

    private double purchasesAnswered() {
        return meters.get("flashsale.purchases").counters().stream()
                .mapToDouble(Counter::count)
                .sum();
    }

    @Test
    void loginsAndRegistrationsFromOneAddressAreCountedTogether() {
        Api.Reply last = refused(
                200,
                i -> i % 2 == 0
                        ? from(address, "POST", "/api/users", null, "{}")
                        : from(address, "POST", "/api/%73essions", null, "{}"));
        assertLimited(last, "address-logins");
        assertThat(from(address, "GET", "/api/sales", null, null).status()).isEqualTo(200);
        assertThat(from("203.0.113.9", "POST", "/api/users", null, "{}").status())
                .isEqualTo(400);
    }

    @Test
    void anAddressWithManyBadTokensIsNotAskedAboutNewOnesButWhoIsKnownStays() {
        String buyer = api.buyer("nat-" + UUID.randomUUID().toString().substring(0, 8));
        assertThat(from(address, "GET", "/api/orders", buyer, null).status()).isEqualTo(200);
        Api.Reply last = refused(200, i -> from(address, "GET", "/api/orders", buyer + i, null));
        assertLimited(last, "address-bad-tokens");
        assertThat(from(address, "GET", "/api/orders", buyer, null).status())
                .as("behind the same address")
                .isEqualTo(200);
        assertThat(from("203.0.113.9", "GET", "/api/orders", buyer + "x", null).status())
                .isEqualTo(401);
    }
}
