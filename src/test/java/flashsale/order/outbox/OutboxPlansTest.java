package flashsale.order.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.servers.Servers;
import flashsale.shop.Shop;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A round reads and deletes by index, whatever waits in the outbox and whatever was given up before it. */
class OutboxPlansTest {

    @Test
    void noRoundReadsTheWholeOutbox() throws SQLException {
        Servers servers = Servers.fresh();
        try (Shop shop = Shop.start(
                        servers, Map.of("flash-sale.outbox.every", "1h", "flash-sale.outbox.measure-every", "1h"));
                Connection connection = servers.database().connect();
                Statement statement = connection.createStatement()) {
            // Functions are planned on empty tables, as on the first day.
            round(statement);
            statement.execute("insert into outbox (order_id, state_version, attempts, dead_at)"
                    + " select gen_random_uuid(), 1, 10, now() from generate_series(1, 1000)");
            statement.execute("insert into outbox (order_id, state_version)"
                    + " select gen_random_uuid(), 1 from generate_series(1, 50000)");
            statement.execute("analyze outbox");
            long before = number(statement, "select pg_stat_get_numscans('outbox'::regclass)");
            for (int i = 0; i < 10; i++) {
                assertThat(round(statement)).isEqualTo(500);
            }
            assertThat(number(statement, "select pg_stat_get_numscans('outbox'::regclass)"))
                    .as("whole reads")
                    .isEqualTo(before);
            assertThat(number(statement, "select count(*) from outbox")).isEqualTo(51_000 - 10 * 500);
            assertThat(shop.books().number("select count(*) from outbox where dead_at is not null"))
                    .isEqualTo(1000);
        }
    }

    /** Answers how many rows came. */
    private static long round(Statement statement) throws SQLException {
        statement.execute("create temporary table batch as"
                + " select * from take_outbox('00000000-0000-0000-0000-000000000001', 60000, 500)");
        long rows = number(statement, "select count(*) from batch");
        statement.execute("select outbox_told(array(select place from batch), array(select of_order from batch))");
        statement.execute("drop table batch");
        statement.execute("select pg_stat_force_next_flush()");
        return rows;
    }

    private static long number(Statement statement, String sql) throws SQLException {
        try (var rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getLong(1);
        }
    }
}
