package flashsale.local;

import flashsale.database.DatabaseReady;
import flashsale.loops.BackgroundWork;
import flashsale.sale.NewSale;
import flashsale.sale.SaleDesk;
import flashsale.session.Role;
import flashsale.session.Users;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * What a person needs to try the service at once: two users, one open sale, and the addresses. Over a restart nothing
 * is made twice; the first sale is warmed up again, which never overwrites.
 */
final class LocalData extends BackgroundWork {

    private static final Logger LOG = LoggerFactory.getLogger(LocalData.class);

    private static final String PASSWORD = "flash-sale";

    /** Longer than any store of a developer's machine takes to come up. */
    private static final Retry UNTIL_IT_WORKS = Retry.fixedDelay(300, Duration.ofSeconds(1));

    private final DatabaseReady ready;
    private final DatabaseClient database;
    private final Users users;
    private final SaleDesk desk;
    private final Clock clock;
    private final String payments;

    private volatile int apiPort;
    private volatile int managementPort;

    /** @param payments where they go */
    LocalData(DatabaseReady ready, DatabaseClient database, Users users, SaleDesk desk, Clock clock, String payments) {
        this.ready = ready;
        this.database = database;
        this.users = users;
        this.desk = desk;
        this.clock = clock;
        this.payments = payments;
    }

    void serverStarted(@Nullable String namespace, int port) {
        if ("management".equals(namespace)) {
            managementPort = port;
        } else {
            apiPort = port;
        }
    }

    /** Last of all, so that the server is up when its addresses are printed. */
    @Override
    public int getPhase() {
        return Integer.MAX_VALUE;
    }

    @Override
    protected Disposable beginWork() {
        return ready.ready()
                .then(Mono.defer(() -> users.ensure("demo", PASSWORD, Role.USER)))
                .then(Mono.defer(() -> users.ensure("ops", PASSWORD, Role.OPS)))
                .then(Mono.defer(this::sale))
                .flatMap(saleId -> desk.preheat(saleId).thenReturn(saleId))
                .doOnError(fault -> LOG.warn("The demo data is not there yet: {}", fault.toString()))
                .retryWhen(UNTIL_IT_WORKS)
                .subscribe(this::announce, fault -> LOG.error("The demo data could not be made", fault));
    }

    private Mono<Long> sale() {
        return database.sql("select min(id) as id from sale having count(*) > 0")
                .mapValue(Long.class)
                .one()
                .switchIfEmpty(Mono.defer(() -> desk.create(openSale())).map(created -> created.id()));
    }

    private NewSale openSale() {
        Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        return new NewSale(
                "Demo: 1,000 phones", 99_900, "CNY", 1_000, now.minusSeconds(60), now.plus(30, ChronoUnit.DAYS), 1);
    }

    private void announce(long saleId) {
        String api = "http://localhost:" + apiPort;
        LOG.info("""

                Ready.
                  API         {}   (described at {}/v3/api-docs, problems at {}/problems)
                  Management  http://localhost:{}/actuator/health/readiness
                  Users       demo and ops, password {}
                  Sale        {}/api/sales/{}
                  Payments    {}

                Buy one:
                  TOKEN=$(curl -s {}/api/sessions -H 'Content-Type: application/json' \\
                    -d '{"username":"demo","password":"{}","clientType":"app","deviceId":"my-phone"}' \\
                    | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')
                  curl -i {}/api/sales/{}/orders -H "Authorization: Bearer $TOKEN" \\
                    -H 'Content-Type: application/json' -H 'Idempotency-Key: my-first-tap' -d '{"quantity":1}'
                Pay for it:
                  curl -i -X POST {}/api/orders/its-id/payment -H "Authorization: Bearer $TOKEN"
                """, api, api, api, managementPort, PASSWORD, api, saleId, payments, api, PASSWORD, api, saleId, api);
    }
}
