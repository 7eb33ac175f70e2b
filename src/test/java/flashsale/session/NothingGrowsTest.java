package flashsale.session;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.servers.RedisServer;
import flashsale.session.SessionEnd.Reason;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/** After sessions have expired nothing of them is left in Redis, however many there were. */
class NothingGrowsTest {

    private static final int LOGINS = 10_000;

    @Test
    void tenThousandLoginsLeaveNothingOnceTheyHaveExpired() {
        RedisServer server = RedisServer.start();
        try (Node node = Node.startOn(
                        server, "flash-sale.session.idle-timeout=3s", "flash-sale.session.absolute-timeout=3s");
                RedisClient client = RedisClient.create(server.url())) {
            Eventually.holds("Redis is reached", node::reachesRedis);
            RedisCommands<String, String> redis = client.connect().sync();
            long before = redis.dbsize();
            // One user in ten logs in again and again; some of the sessions are ended before they expire.
            Flux.range(0, LOGINS)
                    .flatMap(
                            i -> {
                                long user = i % 10 == 0 ? 0 : i;
                                return node.logins()
                                        .open(user, Role.USER, ClientType.APP, "a phone")
                                        .map(DevicesTest::opened)
                                        .flatMap(issued -> i % 3 == 0
                                                ? node.sessions()
                                                        .end(
                                                                user,
                                                                issued.session().id(),
                                                                Reason.LOGGED_OUT)
                                                : reactor.core.publisher.Mono.just(true));
                            },
                            64)
                    .blockLast();
            assertThat(redis.hlen(SessionKeys.devices(0)))
                    .as("one session, none that is ending")
                    .isLessThanOrEqualTo(1);
            Eventually.holds("all have expired", () -> redis.dbsize() == before);
        } finally {
            server.close();
        }
    }

    @Test
    void aUserWhoStaysLoggedInCarriesNoSessionsThatHaveExpired() {
        RedisServer server = RedisServer.start();
        try (Node node = Node.startOn(
                        server,
                        "flash-sale.session.idle-timeout=2s",
                        "flash-sale.session.absolute-timeout=1h",
                        "flash-sale.session.devices.app.limit=100");
                RedisClient client = RedisClient.create(server.url())) {
            Eventually.holds("Redis is reached", node::reachesRedis);
            RedisCommands<String, String> redis = client.connect().sync();
            IssuedSession kept = DevicesTest.opened(open(node, ClientType.WEB, "laptop"));
            for (int i = 0; i < 50; i++) {
                open(node, ClientType.APP, "phone " + i);
            }
            Eventually.holds("all but the one in use are over", () -> {
                node.sessions().renew(live(kept)).block();
                return node.sessions().of(7).block().size() == 1;
            });
            open(node, ClientType.APP, "another phone");
            assertThat(redis.hkeys(SessionKeys.devices(7))).hasSize(2);
            assertThat(List.of(redis.pttl(SessionKeys.devices(7)))).allMatch(ttl -> ttl > 0);
        } finally {
            server.close();
        }
    }

    private static LoginResult open(Node node, ClientType type, String device) {
        return node.logins().open(7, Role.USER, type, device).block();
    }

    private static LiveSession live(IssuedSession issued) {
        return SessionRecord.live(issued.session(), issued.csrfToken());
    }
}
