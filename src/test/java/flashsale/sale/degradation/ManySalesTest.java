package flashsale.sale.degradation;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.redis.StockRedis;
import flashsale.sale.SaleBoard;
import flashsale.servers.Servers;
import flashsale.shop.Shop;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.r2dbc.core.DatabaseClient;

/** More sales than a node keeps in view. */
class ManySalesTest {

    @Test
    void theSaleThatIsOnIsSoldHoweverManyAreToCome() {
        try (Shop shop = Shop.start(Servers.fresh(), Map.of())) {
            long sale = shop.open(5, 1);
            shop.desk().pause(sale).block(Shop.PATIENCE);
            shop.desk().resume(sale).block(Shop.PATIENCE);
            DatabaseClient database = shop.bean(DatabaseClient.class);
            database.sql("""
                            with coming as (
                              insert into sale (name, price_cents, currency, starts_at, ends_at, per_user_limit, version)
                              select 'A thing', 100, 'CNY', now() + interval '1000 days', now() + interval '10000 days', 1, 3
                                from generate_series(1, $1) returning id)
                            insert into sale_counter (sale_id, stock) select id, 1 from coming
                            """).bind(0, SaleBoard.MOST_SALES).then().block(Duration.ofMinutes(1));

            SaleBoard board = shop.bean(SaleBoard.class);
            board.refresh().block(Duration.ofMinutes(1));

            assertThat(board.known(sale)).isNotNull();
            Map<Long, Long> served = board.versions();
            assertThat(served).hasSize(SaleBoard.MOST_SALES);
            assertThat(new Authority(database, shop.bean(StockRedis.class), Duration.ofMinutes(1))
                            .newest()
                            .map(newest -> newest.lagOf(served))
                            .block(Duration.ofMinutes(1)))
                    .as("what no node serves, none is behind with")
                    .isZero();
        }
    }
}
