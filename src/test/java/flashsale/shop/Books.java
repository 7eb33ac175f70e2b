package flashsale.shop;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.redis.SaleKeys;
import flashsale.sale.AuditReport;
import flashsale.servers.PostgresServer.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** What the stores say, read without the application, and what must always be true of it. */
public final class Books {

    private final Shop shop;
    private final Database database;

    Books(Shop shop, Database database) {
        this.shop = shop;
        this.database = database;
    }

    public Database database() {
        return database;
    }

    /** One number out of PostgreSQL; 0 for none. */
    public long number(String sql, Object... values) {
        try (Connection connection = database.connect();
                PreparedStatement statement = prepare(connection, sql, values);
                var rows = statement.executeQuery()) {
            return rows.next() ? rows.getLong(1) : 0;
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    public void execute(String sql, Object... values) {
        try (Connection connection = database.connect();
                PreparedStatement statement = prepare(connection, sql, values)) {
            statement.execute();
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    static PreparedStatement prepare(Connection connection, String sql, Object... values) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
        return statement;
    }

    public long sold(long sale) {
        return number("select coalesce(sum(quantity), 0) from orders where sale_id = ? and not returned", sale);
    }

    public long tombstones(long sale) {
        return number("select count(*) from hold_tombstone where sale_id = ?", sale);
    }

    public long epoch(long sale) {
        return number("select epoch from sale_counter where sale_id = ?", sale);
    }

    public AuditReport audit(long sale) {
        return Objects.requireNonNull(shop.desk().audit(sale).block(Shop.PATIENCE));
    }

    /** Until Redis has every unit that came back. */
    public void awaitLedger(long sale) {
        Eventually.holds(
                "the ledger of sale " + sale + " is in Redis",
                () -> number("select count(*) from stock_ledger where sale_id = ? and applied_at is null", sale) == 0);
    }

    /** Every promise about units, after the last buyer had an answer and holds became orders. */
    public void balance(long sale) {
        awaitLedger(sale);
        Eventually.holds(
                "the journal of sale " + sale + " empties",
                () -> shop.redis().hlen(SaleKeys.of(sale).journal()) == 0
                        && shop.redis().hexists(SaleKeys.of(sale).sale(), "stock"));
        AuditReport audit = audit(sale);
        assertThat(audit).as("audit").returns(true, AuditReport::consistent).returns(0L, AuditReport::drift);
        assertThat(audit.sold()).as("sold is what the orders say").isEqualTo(sold(sale));
        assertThat(audit.sold()).as("never oversold").isLessThanOrEqualTo(audit.stock());
        assertThat(number("select sold from sale_counter where sale_id = ?", sale))
                .as("the counter is the sum of the orders")
                .isEqualTo(audit.sold());
        assertThat(number(
                        "select count(*) from sale_buyer b where sale_id = ? and units <> (select coalesce(sum(quantity), 0)"
                                + " from orders o where o.sale_id = b.sale_id and o.user_id = b.user_id and not returned)",
                        sale))
                .as("buyers whose units are not the sum of their orders")
                .isZero();
        assertThat(number(
                        "select count(*) from (select 1 from orders o join sale s on s.id = o.sale_id"
                                + " where sale_id = ? and not returned group by user_id, per_user_limit having sum(quantity) > per_user_limit) x",
                        sale))
                .as("buyers above the limit")
                .isZero();
        assertThat(unitsInRedis(sale)).as("what Redis counts of each buyer").isEqualTo(unitsInPostgres(sale));
    }

    private Map<Long, Long> unitsInRedis(long sale) {
        Map<Long, Long> units = new TreeMap<>();
        shop.redis().hgetall(SaleKeys.of(sale).sale()).forEach((field, value) -> {
            if (field.startsWith("b:") && !value.equals("0")) {
                units.put(Long.valueOf(field.substring(2)), Long.valueOf(value));
            }
        });
        return units;
    }

    private Map<Long, Long> unitsInPostgres(long sale) {
        Map<Long, Long> units = new TreeMap<>();
        try (Connection connection = database.connect();
                PreparedStatement statement = prepare(
                        connection,
                        "select user_id, sum(quantity) from orders where sale_id = ? and not returned group by 1",
                        sale);
                var rows = statement.executeQuery()) {
            while (rows.next()) {
                units.put(rows.getLong(1), rows.getLong(2));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return units;
    }
}
