package flashsale.shop;

import java.sql.Connection;
import java.sql.SQLException;

/** Stands in the way: holds the lock of a sale's counter row, as a slow release or reseed on another node would. */
public final class RowLock implements AutoCloseable {

    private final Books books;
    private final Connection connection;

    private RowLock(Books books, Connection connection) {
        this.books = books;
        this.connection = connection;
    }

    public static RowLock on(Shop shop, long sale) {
        try {
            var lock = new RowLock(shop.books(), shop.books().database().connect());
            lock.connection.setAutoCommit(false);
            lock.execute("select 1 from sale_counter where sale_id = ? for no key update", sale);
            return lock;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Inside the transaction that holds the lock. */
    public void execute(String sql, Object... values) {
        try (var statement = Books.prepare(connection, sql, values)) {
            statement.execute();
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** Until as many transactions wait for this lock. */
    public void awaitQueue(int length) {
        Eventually.holds(
                length + " transactions wait for the counter row",
                () -> books.number("select count(*) from pg_stat_activity where datname = current_database()"
                                + " and wait_event_type = 'Lock' and (query like '%sale_counter%for no key update%'"
                                + " or query like '%from commit_holds(%')")
                        >= length);
    }

    /** Commits, and lets the others go. */
    public void release() {
        try {
            connection.commit();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
