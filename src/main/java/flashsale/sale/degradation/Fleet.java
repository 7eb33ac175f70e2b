package flashsale.sale.degradation;

import flashsale.redis.DegradationKeys;
import flashsale.redis.RedisLink;
import flashsale.redis.Script;
import flashsale.redis.StockRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Mono;

/**
 * The reports of all nodes: in Redis, and in PostgreSQL while Redis is away. Every method is lazy and fails when both are.
 */
final class Fleet {

    private static final Script BEAT = Script.named("degradation/beat");
    private static final String[] KEYS = {DegradationKeys.NODES, DegradationKeys.STATE};

    /** @param whole whether all nodes report there: a node that has lost Redis alone meets few others in PostgreSQL */
    record View(List<Beat> beats, boolean whole) {

        static final View NOBODY = new View(List.of(), false);
    }

    private static final Authority.Versions NOT_READ = new Authority.Versions(0, "");

    private final StockRedis redis;
    private final DatabaseClient database;
    private final Duration silence;
    private final Duration patience;

    Fleet(StockRedis redis, DatabaseClient database, DegradationSettings settings) {
        this.redis = redis;
        this.database = database;
        this.silence = settings.silence();
        this.patience = settings.patience();
    }

    Mono<View> report(Beat own, Authority.Versions versions) {
        return exchange(own.node(), own.text(), versions);
    }

    Mono<View> look() {
        return exchange("", "", NOT_READ);
    }

    Mono<Void> leave(String node) {
        return exchange(node, "", NOT_READ).then();
    }

    private Mono<View> exchange(String node, String report, Authority.Versions versions) {
        return redis.connected()
                .flatMap(link -> inRedis(link, node, report, versions))
                .timeout(patience)
                .onErrorResume(away -> inPostgres(node, report).timeout(patience));
    }

    private Mono<View> inRedis(RedisLink link, String node, String report, Authority.Versions versions) {
        return link.call(
                        BEAT,
                        KEYS,
                        node,
                        report,
                        Long.toString(silence.toMillis()),
                        Long.toString(versions.asOf()),
                        versions.text())
                .map(reply -> {
                    List<Beat> beats = new ArrayList<>();
                    for (int at = 1; at + 2 < reply.size(); at += 3) {
                        add(beats, (String) reply.get(at), (Long) reply.get(at + 1), (String) reply.get(at + 2));
                    }
                    return new View(List.copyOf(beats), true);
                });
    }

    private Mono<View> inPostgres(String node, String report) {
        return database.sql("select node, age_ms, beat from node_beat($1, $2, $3)")
                .bind(0, node)
                .bind(1, report)
                .bind(2, silence.toMillis())
                .map(row -> Optional.ofNullable(Beat.parse(
                        Objects.requireNonNull(row.get("node", String.class)),
                        Objects.requireNonNull(row.get("age_ms", Long.class)),
                        Objects.requireNonNull(row.get("beat", String.class)))))
                .all()
                .collectList()
                .map(beats -> new View(beats.stream().flatMap(Optional::stream).toList(), false));
    }

    private static void add(List<Beat> beats, String node, long age, String report) {
        @Nullable Beat beat = Beat.parse(node, age, report);
        if (beat != null) {
            beats.add(beat);
        }
    }
}
