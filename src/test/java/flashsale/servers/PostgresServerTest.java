package flashsale.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import flashsale.servers.PostgresServer.Database;
import flashsale.servers.PostgresServer.Durability;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PostgresServerTest {

    @Test
    void everyDatabaseIsEmptyAndItsOwn() throws SQLException {
        var postgres = Servers.shared().postgres();
        run(postgres.createDatabase(), "CREATE TABLE orders (id bigint)");
        run(postgres.createDatabase(), "CREATE TABLE orders (id bigint)");
    }

    @Test
    void whatWasCommittedSurvivesKill9() throws SQLException {
        try (var postgres = PostgresServer.start(Durability.CRASH_SAFE)) {
            var database = postgres.createDatabase();
            run(database, "CREATE TABLE orders AS SELECT 42 AS id");
            assertThat(run(database, "SHOW fsync")).containsExactly("on");
            postgres.kill9();
            assertThatThrownBy(database::connect).isInstanceOf(SQLException.class);
            postgres.restart();
            assertThat(run(database, "SELECT id FROM orders")).containsExactly("42");
        }
    }

    @Test
    void whileFrozenABackendDoesNotAnswer() throws SQLException {
        try (var postgres = PostgresServer.start()) {
            var database = postgres.createDatabase();
            try (var connection = database.connect()) {
                connection.setNetworkTimeout(Runnable::run, 1_000);
                postgres.freeze();
                assertThatThrownBy(() -> connection.createStatement().execute("SELECT 1"))
                        .hasRootCauseInstanceOf(java.net.SocketTimeoutException.class);
                postgres.thaw();
            }
            assertThat(run(database, "SELECT 1")).containsExactly("1");
        }
    }

    private static List<String> run(Database database, String sql) throws SQLException {
        try (var connection = database.connect();
                var statement = connection.createStatement()) {
            var rows = new ArrayList<String>();
            if (statement.execute(sql)) {
                var result = statement.getResultSet();
                while (result.next()) {
                    rows.add(result.getString(1));
                }
            }
            return rows;
        }
    }
}
