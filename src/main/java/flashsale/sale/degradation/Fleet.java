package flashsale.sale.degradation;

import flashsale.database.Columns;
import flashsale.redis.DegradationKeys;
import flashsale.redis.RedisLink;
import flashsale.redis.Script;
import flashsale.redis.StockRedis;
import flashsale.sale.degradation.RollCall.Heard;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Mono;

/**
 * The reports of all nodes: in Redis, and in PostgreSQL while Redis is away; with them those this node has heard before and a
 * store has lost. Every method is lazy, and fails when both are away unless it says otherwise.
 */
final class Fleet {

    private static final Script BEAT = Script.named("degradation/beat");
    private static final String[] KEYS = {DegradationKeys.NODES, DegradationKeys.STATE};

    /**
     * @param whole whether all nodes report there: a node that has lost Redis alone meets few others in PostgreSQL
     * @param counted whether this node has listened for long enough to know how many there are
     */
    record View(List<Beat> beats, boolean whole, boolean counted) {

        static final View NOBODY = new View(List.of(), false, false);

        /** Whether it is enough to decide on that: of few nodes some are many, or all are well, too easily. */
        boolean allows(Level level) {
            return switch (level) {
                case NONE -> whole && counted;
                case L1, L3 -> true;
                case L2 -> counted;
            };
        }
    }

    private static final Authority.Versions NOT_READ = new Authority.Versions(0, "");

    private final StockRedis redis;
    private final DatabaseClient database;
    private final Duration silence;
    private final Duration patience;
    private final Duration everybodysTurn;
    private final RollCall rollCall;

    Fleet(StockRedis redis, DatabaseClient database, DegradationSettings settings) {
        this.redis = redis;
        this.database = database;
        this.silence = settings.silence();
        this.patience = settings.patience();
        this.everybodysTurn = settings.checkEvery().plus(settings.patience());
        this.rollCall = new RollCall(silence);
    }

    Mono<View> report(Beat own, Authority.Versions versions) {
        return exchange(own.node(), own.text(), versions);
    }

    Mono<View> look() {
        return exchange("", "", NOT_READ);
    }

    /** As {@link #look}; with both stores away, or too slow, what this node heard last. Never fails. */
    Mono<View> lookOrRemember() {
        return look().timeout(patience)
                .onErrorResume(away -> Mono.fromSupplier(
                        () -> new View(rollCall.counted(), false, rollCall.hasLasted(everybodysTurn))));
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
                    List<Heard> heard = new ArrayList<>();
                    for (int at = 1; at + 2 < reply.size(); at += 3) {
                        add(heard, (String) reply.get(at), (Long) reply.get(at + 1), (String) reply.get(at + 2));
                    }
                    return view(heard, true);
                });
    }

    private Mono<View> inPostgres(String node, String report) {
        return database.sql("select node, age_ms, beat from node_beat($1, $2, $3)")
                .bind(0, node)
                .bind(1, report)
                .bind(2, silence.toMillis())
                .map(row -> {
                    List<Heard> heard = new ArrayList<>(1);
                    add(
                            heard,
                            Columns.value(row, "node", String.class),
                            Columns.value(row, "age_ms", Long.class),
                            Columns.value(row, "beat", String.class));
                    return heard;
                })
                .all()
                .collectList()
                .map(rows -> view(rows.stream().flatMap(List::stream).toList(), false));
    }

    private View view(List<Heard> heard, boolean whole) {
        List<Beat> beats = rollCall.after(heard, whole);
        return new View(beats, whole, rollCall.hasLasted(everybodysTurn));
    }

    /** An empty report says that the node has left. */
    private static void add(List<Heard> heard, String node, long age, String report) {
        Beat beat = Beat.parse(node, age, report);
        if (beat != null || report.isEmpty()) {
            heard.add(new Heard(node, beat, Duration.ofMillis(age)));
        }
    }
}
