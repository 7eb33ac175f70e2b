package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.sale.SaleBoard;
import flashsale.servers.Servers;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** As many sales may be on or coming as a node sells. */
@DirtiesContext
class TooManySalesTest extends RunningService {

    private static final Servers SERVERS = Servers.fresh();
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final int LEFT = 3;

    @Autowired
    private DatabaseClient database;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) {
        SERVERS.wire(registry);
    }

    private Api.Reply create(String ops) {
        return api.post("/api/ops/sales", ops, """
                {"name":"Phone","priceCents":250,"currency":"CNY","stock":1,"perUserLimit":1,
                 "startsAt":"2039-01-01T00:00:00Z","endsAt":"2040-01-01T00:00:00Z"}""");
    }

    private long onOrComing() {
        return number("select count(*) from sale where ends_at > now()");
    }

    private long number(String sql) {
        return Objects.requireNonNull(
                database.sql(sql).mapValue(Long.class).one().block(PATIENCE));
    }

    @Test
    void noMoreAreCreatedThanANodeSellsHoweverManyAreAtIt() {
        String ops = ops();
        database.sql("""
                        with more as (
                          insert into sale (name, price_cents, currency, starts_at, ends_at, per_user_limit)
                          select 'A thing', 100, 'CNY', now() + interval '1000 days', now() + interval '9000 days', 1
                            from generate_series(1, $1) returning id)
                        insert into sale_counter (sale_id, stock) select id, 1 from more
                        """)
                .bind(0, SaleBoard.MOST_SALES - LEFT - (int) onOrComing())
                .then()
                .block(PATIENCE);

        List<Api.Reply> replies = Objects.requireNonNull(Flux.range(0, 12)
                .flatMap(i -> Mono.fromCallable(() -> create(ops)).subscribeOn(Schedulers.boundedElastic()), 12)
                .collectList()
                .block(PATIENCE));

        // A machine that is busy may answer one with 503 that was created after all: what counts is how many there are.
        assertThat(replies.stream().filter(reply -> reply.status() == 201)).hasSizeLessThanOrEqualTo(LEFT);
        assertThat(replies.stream().filter(reply -> reply.status() == 409))
                .isNotEmpty()
                .allSatisfy(reply -> {
                    assertThat(reply.problem()).isEqualTo("too-many-sales");
                    assertThat(reply.json().path("detail").asString()).contains(SaleBoard.MOST_SALES + " sales");
                });
        assertThat(replies).extracting(Api.Reply::status).containsAnyOf(201).isSubsetOf(201, 409, 503);
        assertThat(onOrComing()).isEqualTo(SaleBoard.MOST_SALES);
        assertThat(number("select count(*) from sale_counter")).isEqualTo(number("select count(*) from sale"));

        database.sql("update sale set starts_at = now() - interval '2 days', ends_at = now() - interval '1 day'"
                        + " where id = (select max(id) from sale)")
                .then()
                .block(PATIENCE);
        assertThat(create(ops).status()).as("one has ended").isEqualTo(201);
    }
}
