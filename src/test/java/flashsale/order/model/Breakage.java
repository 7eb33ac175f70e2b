package flashsale.order.model;

import flashsale.servers.FaultProxy;
import flashsale.servers.Servers;
import flashsale.shop.Eventually;
import flashsale.shop.Shop;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Two nodes on stores that can be broken, and the ways to break them. */
final class Breakage implements AutoCloseable {

    enum Fault {
        REDIS_FLUSHED,
        REDIS_KILLED,
        REDIS_CUT,
        POSTGRES_CUT,
        POSTGRES_SESSIONS_KILLED,
        RELAY_REPLACED,
        NODE_RESTARTED
    }

    private final Servers servers = Servers.fresh();
    private final FaultProxy redis = FaultProxy.inFrontOf(servers.redis());
    private final FaultProxy postgres = FaultProxy.inFrontOf(servers.postgres());
    private final List<Shop> nodes = new ArrayList<>();

    /** Whether the stream was lost since the last {@link #heal}: it is Redis's alone. */
    private boolean streamLost;

    Breakage() {
        nodes.add(node());
        nodes.add(node());
    }

    private Shop node() {
        return Shop.start(
                servers,
                Map.of(
                        "spring.data.redis.url", redis.through(servers.redis().url()),
                        "spring.r2dbc.url", postgres.through(servers.database().r2dbcUrl()),
                        "flash-sale.outbox.every", "20ms",
                        "flash-sale.outbox.lease", "1s",
                        "flash-sale.upkeep.expire-every", "100ms",
                        "flash-sale.sale.warm-up-every", "200ms"));
    }

    Shop any(Random random) {
        return nodes.get(random.nextInt(nodes.size()));
    }

    /** One that is never restarted. */
    Shop first() {
        return nodes.getFirst();
    }

    void strike(Fault fault) {
        switch (fault) {
            case REDIS_FLUSHED -> {
                streamLost = true;
                first().redis().flushall();
            }
            case REDIS_KILLED -> {
                streamLost = true;
                servers.redis().kill9();
                servers.redis().restart();
            }
            case REDIS_CUT -> redis.cutAll();
            case POSTGRES_CUT -> postgres.cutAll();
            case POSTGRES_SESSIONS_KILLED ->
                first().books()
                        .execute("select pg_terminate_backend(pid) from pg_stat_activity"
                                + " where datname = current_database() and pid <> pg_backend_pid()");
            case RELAY_REPLACED ->
                first().books().execute("update duty set until = now() - interval '1 s' where name = 'outbox'");
            case NODE_RESTARTED -> {
                nodes.removeLast().close();
                nodes.add(node());
            }
        }
    }

    /** Until the nodes reach everything again, and everything is told. */
    void heal() {
        nodes.forEach(Shop::awaitHealthy);
        if (streamLost) {
            first().books().execute("select tell_again('-infinity')");
            streamLost = false;
        }
        Eventually.holds("the outbox is empty", () -> first().books().number("select count(*) from outbox") == 0);
    }

    @Override
    public void close() {
        nodes.forEach(Shop::close);
        redis.close();
        postgres.close();
        servers.redis().close();
    }
}
