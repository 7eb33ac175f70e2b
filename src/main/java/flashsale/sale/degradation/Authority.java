package flashsale.sale.degradation;

import flashsale.database.Columns;
import flashsale.redis.DegradationKeys;
import flashsale.redis.StockRedis;
import flashsale.sale.SaleBoard;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Mono;

/** The newest version of every sale: PostgreSQL's word, or what another node has read while this one cannot ask. */
final class Authority {

    private static final Logger log = LoggerFactory.getLogger(Authority.class);

    /**
     * Only what was ever changed, as {@code sale:version} with commas between; a sale at version 1 cannot be behind. Of more
     * sales than a node keeps in view the same ones: what no node serves, none is behind with.
     */
    private static final String NEWEST = """
            select (extract(epoch from statement_timestamp()) * 1000)::bigint as as_of,
                   coalesce(string_agg(id || ':' || version, ','), '') as versions
              from (select id, version from sale
                     where ends_at > statement_timestamp() - interval '1 minute'
                     order by ends_at < statement_timestamp(), starts_at limit $1) s
             where version > 1
            """;

    /**
     * @param asOf PostgreSQL's clock when it was asked, ms; 0 where this node could not ask it
     * @param text as it stands in Redis
     */
    record Versions(long asOf, String text) {

        boolean readHere() {
            return asOf > 0;
        }

        /** How far the sale that is furthest behind is behind. */
        long lagOf(Map<Long, Long> served) {
            return Objects.requireNonNullElse(parse(text), Map.<Long, Long>of()).entrySet().stream()
                    .mapToLong(newest -> newest.getValue() - served.getOrDefault(newest.getKey(), 0L))
                    .reduce(0, Math::max);
        }

        /** Nothing is taken of what is damaged anywhere: no telling what else is. */
        boolean isIntact() {
            return parse(text) != null;
        }

        private static @Nullable Map<Long, Long> parse(String text) {
            Map<Long, Long> versions = new HashMap<>();
            for (String one : text.isEmpty() ? new String[0] : text.split(",", -1)) {
                String[] parts = one.split(":", -1);
                try {
                    long version = parts.length == 2 ? Long.parseLong(parts[1]) : 0;
                    if (version <= 0) {
                        return null;
                    }
                    versions.put(Long.parseLong(parts[0]), version);
                } catch (NumberFormatException damaged) {
                    return null;
                }
            }
            return versions;
        }
    }

    private final DatabaseClient database;
    private final StockRedis redis;
    private final Duration patience;

    /** What was known last, by whomever. */
    private volatile String known = "";

    /** Whether what stood in Redis last could not be read. */
    private volatile boolean damaged;

    Authority(DatabaseClient database, StockRedis redis, Duration patience) {
        this.database = database;
        this.redis = redis;
        this.patience = patience;
    }

    /** Lazy; never empty, never fails: with both stores away, what was known last. */
    Mono<Versions> newest() {
        return database.sql(NEWEST)
                .bind(0, SaleBoard.MOST_SALES)
                .map(row -> new Versions(
                        Columns.value(row, "as_of", Long.class), Columns.value(row, "versions", String.class)))
                .one()
                // A read outside any transaction: cancelled, it leaves nothing open.
                .timeout(patience)
                .onErrorResume(away -> asOthersRead())
                .doOnNext(versions -> known = versions.text());
    }

    private Mono<Versions> asOthersRead() {
        return redis.connected()
                .flatMap(link -> link.field(DegradationKeys.STATE, DegradationKeys.VERSIONS))
                .timeout(patience)
                .onErrorResume(away -> Mono.empty())
                .map(text -> new Versions(0, text))
                .filter(this::isIntact)
                .switchIfEmpty(Mono.fromSupplier(() -> new Versions(0, known)));
    }

    private boolean isIntact(Versions inRedis) {
        boolean intact = inRedis.isIntact();
        if (!intact && !damaged) {
            log.warn(
                    "Field {} of {} in Redis is damaged; this node is compared with the versions it knew before, until"
                            + " PostgreSQL can be asked",
                    DegradationKeys.VERSIONS,
                    DegradationKeys.STATE);
        }
        damaged = !intact;
        return intact;
    }
}
