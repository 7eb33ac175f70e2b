package flashsale.sale.degradation;

import flashsale.redis.DegradationKeys;
import flashsale.redis.StockRedis;
import flashsale.sale.SaleBoard;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Mono;

/** The newest version of every sale: PostgreSQL's word, or what another node has read while this one cannot ask. */
final class Authority {

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
            return parse(text).entrySet().stream()
                    .mapToLong(newest -> newest.getValue() - served.getOrDefault(newest.getKey(), 0L))
                    .reduce(0, Math::max);
        }

        private static Map<Long, Long> parse(String text) {
            Map<Long, Long> versions = new HashMap<>();
            for (String one : text.isEmpty() ? new String[0] : text.split(",")) {
                int colon = one.indexOf(':');
                versions.put(Long.parseLong(one.substring(0, colon)), Long.parseLong(one.substring(colon + 1)));
            }
            return versions;
        }
    }

    private final DatabaseClient database;
    private final StockRedis redis;
    private final Duration patience;

    /** What was known last, by whomever. */
    private volatile String known = "";

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
                        Objects.requireNonNull(row.get("as_of", Long.class)),
                        Objects.requireNonNull(row.get("versions", String.class))))
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
                .switchIfEmpty(Mono.fromSupplier(() -> known))
                .map(text -> new Versions(0, text));
    }
}
