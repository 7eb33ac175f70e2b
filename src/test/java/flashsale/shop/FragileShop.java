package flashsale.shop;

import flashsale.servers.FaultProxy;
import flashsale.servers.Servers;
import java.util.Map;

/** A node with stores of its own, which a test may break; {@link #heal} it afterwards. */
public final class FragileShop {

    private static final class Shared {
        static final FragileShop SHOP = new FragileShop();
    }

    private final Servers servers = Servers.fresh();
    private final FaultProxy redis = FaultProxy.inFrontOf(servers.redis());
    private final FaultProxy postgres = FaultProxy.inFrontOf(servers.postgres());
    private final Shop shop = Shop.start(
            servers,
            Map.of(
                    "spring.data.redis.url", redis.through(servers.redis().url()),
                    "spring.r2dbc.url", postgres.through(servers.database().r2dbcUrl())));

    private FragileShop() {}

    /** One a JVM. */
    public static FragileShop shared() {
        return Shared.SHOP;
    }

    public Shop shop() {
        return shop;
    }

    public Servers servers() {
        return servers;
    }

    public FaultProxy redis() {
        return redis;
    }

    public FaultProxy postgres() {
        return postgres;
    }

    public void heal() {
        redis.heal();
        postgres.heal();
        shop.awaitHealthy();
    }
}
