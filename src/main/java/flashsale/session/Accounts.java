package flashsale.session;

import flashsale.observability.Detached;
import io.r2dbc.spi.Readable;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The table {@code users}. Statements run to their end, whoever asked for them. */
final class Accounts {

    /** @param passwordHash null for load-test buyers, who cannot log in with a password */
    record Account(long id, String username, @Nullable String passwordHash, Role role) {

        Users.User user() {
            return new Users.User(id, username, role);
        }
    }

    private static final String COLUMNS = "id, username, password_hash, role";

    private final DatabaseClient database;

    Accounts(DatabaseClient database) {
        this.database = database;
    }

    Mono<Account> byName(String username) {
        return Detached.run(database.sql("select " + COLUMNS + " from users where username = $1")
                .bind(0, username)
                .map(Accounts::account)
                .one());
    }

    Mono<Account> byId(long id) {
        return Detached.run(database.sql("select " + COLUMNS + " from users where id = $1")
                .bind(0, id)
                .map(Accounts::account)
                .one());
    }

    /** Empty when the name is taken. */
    Mono<Account> insert(String username, String passwordHash, Role role) {
        return Detached.run(database.sql("insert into users (username, password_hash, role) values ($1, $2, $3)"
                        + " on conflict (username) do nothing returning " + COLUMNS)
                .bind(0, username)
                .bind(1, passwordHash)
                .bind(2, role.name())
                .map(Accounts::account)
                .one());
    }

    /** False when another change of the password came first. */
    Mono<Boolean> replacePassword(Account account, String passwordHash) {
        return Detached.run(database.sql("update users set password_hash = $1 where id = $2 and password_hash = $3")
                .bind(0, passwordHash)
                .bind(1, account.id())
                .bind(2, account.passwordHash() == null ? "" : account.passwordHash())
                .fetch()
                .rowsUpdated()
                .map(rows -> rows == 1));
    }

    Mono<RoleChange> setRole(long id, Role role) {
        return switch (role) {
            case OPS -> giveOps(id);
            case USER -> withdrawOps(id);
        };
    }

    private Mono<RoleChange> giveOps(long id) {
        return Detached.run(database.sql("update users set role = 'OPS' where id = $1")
                .bind(0, id)
                .fetch()
                .rowsUpdated()
                .map(rows -> rows == 1 ? new RoleChange.Changed() : new RoleChange.NoSuchUser()));
    }

    private Mono<RoleChange> withdrawOps(long id) {
        return Detached.run(database.sql("select withdraw_ops($1)")
                .bind(0, id)
                .mapValue(String.class)
                .one()
                .map(end -> switch (end) {
                    case "done" -> new RoleChange.Changed();
                    case "unknown" -> new RoleChange.NoSuchUser();
                    case "last" -> new RoleChange.LastOfOperations();
                    default -> throw new IllegalStateException("withdraw_ops: " + end);
                }));
    }

    /** For now: only {@link #setRole} decides. */
    Mono<Boolean> isLastOfOperations(long id) {
        return Detached.run(database.sql("select exists (select from users where id = $1 and role = 'OPS')"
                        + " and not exists (select from users where id <> $1 and role = 'OPS')")
                .bind(0, id)
                .mapValue(Boolean.class)
                .one());
    }

    /** Users without a password, in the order of their names; the ones that exist are taken as they are. */
    Mono<List<Account>> withoutPassword(String[] usernames) {
        Mono<Long> insert = database.sql("insert into users (username) select name from unnest($1::text[]) as name"
                        + " on conflict (username) do nothing")
                .bind(0, usernames)
                .fetch()
                .rowsUpdated();
        Flux<Account> all = database.sql("select " + COLUMNS + " from users where username = any($1)"
                        + " order by array_position($1, username)")
                .bind(0, usernames)
                .map(Accounts::account)
                .all();
        return Detached.run(insert.thenMany(all).collectList());
    }

    private static Account account(Readable row) {
        return new Account(
                required(row, "id", Long.class),
                required(row, "username", String.class),
                row.get("password_hash", String.class),
                Role.valueOf(required(row, "role", String.class)));
    }

    private static <T> T required(Readable row, String column, Class<T> type) {
        T value = row.get(column, type);
        if (value == null) {
            throw new IllegalStateException("users." + column + " is null");
        }
        return value;
    }
}
