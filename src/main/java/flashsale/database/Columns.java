package flashsale.database;

import io.r2dbc.spi.Readable;
import org.jspecify.annotations.Nullable;

/** Columns of a row that are never null, by the schema or by the statement that reads them. */
public final class Columns {

    private Columns() {}

    /** Fails with an {@link IllegalStateException} that names the column where it is null after all. */
    public static <T> T value(Readable row, String column, Class<T> type) {
        @Nullable T value = row.get(column, type);
        if (value == null) {
            throw new IllegalStateException("Column " + column + " is null");
        }
        return value;
    }
}
