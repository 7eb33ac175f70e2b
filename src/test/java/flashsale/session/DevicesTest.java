package flashsale.session;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.servers.RedisServer;
import flashsale.session.LoginResult.LoggedIn;
import flashsale.session.LoginResult.TooManyDevices;
import flashsale.session.SessionEnd.Reason;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** How many sessions a user may have at once, decided on two nodes. */
class DevicesTest {

    private static final String[] POLICIES = {
        "flash-sale.session.devices.app.limit=2",
        "flash-sale.session.devices.miniapp.limit=2",
        "flash-sale.session.devices.miniapp.when-full=REFUSE",
        // Two hundred passwords at once are hashed one after the other, not refused.
        "flash-sale.session.hashing.queue=400",
        // Nor does it matter here how long they wait for a connection to read their user.
        "spring.r2dbc.pool.max-acquire-time=20s"
    };

    private static Node a;
    private static Node b;
    private static RedisClient client;
    private static RedisCommands<String, String> redis;

    @BeforeAll
    static void start() {
        a = Node.start(POLICIES);
        b = Node.start(POLICIES);
        client = Node.redisClient();
        redis = client.connect().sync();
    }

    @AfterAll
    static void stop() {
        a.close();
        b.close();
        client.shutdown();
    }

    /** More of them with {@code -Pfaults}. */
    static IntStream seeds() {
        return IntStream.range(0, Integer.getInteger("rounds", 4));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void ofTwoHundredSimultaneousLoginsExactlyTwoLive(int seed) {
        Users.User user = a.newUser();
        List<IssuedSession> all = together(seed, user, ClientType.APP).stream()
                .map(result -> ((LoggedIn) result).issued())
                .toList();

        assertThat(all).hasSize(200);
        assertLive(user, all, 2);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void whereRefusingIsThePolicyTheFirstTwoLiveAndNobodyElseIsLetIn(int seed) {
        Users.User user = a.newUser();
        List<LoginResult> all = together(seed, user, ClientType.MINIAPP);

        List<IssuedSession> in = all.stream()
                .filter(LoggedIn.class::isInstance)
                .map(result -> ((LoggedIn) result).issued())
                .toList();
        assertThat(in).hasSize(2);
        assertThat(all)
                .filteredOn(new TooManyDevices(ClientType.MINIAPP, 2)::equals)
                .hasSize(198);
        assertLive(user, in, 2);
    }

    private static List<LoginResult> together(int seed, Users.User user, ClientType type) {
        var random = new Random(seed);
        return Flux.range(0, 200)
                .flatMap(
                        i -> {
                            Node node = random.nextBoolean() ? a : b;
                            return Mono.delay(Duration.ofNanos(random.nextInt(2_000_000)))
                                    .then(node.logins()
                                            .login(user.username(), Node.PASSWORD, type, "device " + i, "10.3.0.1"));
                        },
                        200)
                .collectList()
                .block();
    }

    private static void assertLive(Users.User user, List<IssuedSession> sessions, int expected) {
        for (Node node : List.of(a, b)) {
            node.view().forgetAll();
            assertThat(sessions.stream().filter(session -> Node.isLive(node.authenticate(session))))
                    .hasSize(expected);
            assertThat(node.sessions().of(user.id()).block()).hasSize(expected);
        }
        assertThat(sessions.stream()
                        .filter(session -> redis.exists(
                                        SessionKeys.record(session.session().id()))
                                == 1))
                .hasSize(expected);
        assertThat(redis.hkeys(SessionKeys.devices(user.id())))
                .hasSize(expected)
                .allMatch(f -> f.startsWith("session:"));
    }

    @Test
    void theEndedDeviceIsToldWhyWhenAndByWhich() {
        Users.User user = a.newUser();
        Instant before = Instant.now();
        IssuedSession oldest = opened(a.open(user, ClientType.WEB, "old tablet"));
        opened(b.open(user, ClientType.WEB, "new laptop"));

        SessionEnd end = a.endOf(oldest);
        assertThat(end.reason()).isEqualTo(Reason.REPLACED);
        assertThat(end.by()).isEqualTo("new laptop");
        assertThat(end.at()).isBetween(before.minusSeconds(1), Instant.now());
    }

    @Test
    void everyWayToEndASessionIsToldByItsReason() {
        for (Reason reason : Reason.values()) {
            Users.User user = a.newUser();
            IssuedSession ended = opened(a.open(user, ClientType.APP, "a phone"));
            IssuedSession other = opened(a.open(user, ClientType.WEB, "a laptop"));
            switch (reason) {
                case LOGGED_OUT, ENDED_ELSEWHERE ->
                    b.sessions().end(user.id(), ended.session().id(), reason).block();
                case REPLACED -> {
                    opened(b.open(user, ClientType.APP, "2"));
                    opened(b.open(user, ClientType.APP, "3"));
                }
                case PASSWORD_CHANGED ->
                    b.users()
                            .changePassword(Principals.of(other), Node.PASSWORD, "a new one", "10.3.0.2")
                            .block();
                case FORCED -> {
                    assertThat(b.users().logOut(user.id()).block()).isEqualTo(2);
                    assertThat(a.endOf(other).reason()).isEqualTo(Reason.FORCED);
                }
            }
            assertThat(a.endOf(ended).reason()).isEqualTo(reason);
        }
    }

    @Test
    void theNoteOfAnEndGoesWithTheLastTokenItIsFor() {
        Users.User user = a.newUser();
        IssuedSession session = opened(a.open(user, ClientType.APP, "a phone"));
        a.sessions().end(user.id(), session.session().id(), Reason.LOGGED_OUT).block();
        assertThat(redis.pexpiretime(SessionKeys.ended(session.session().id())))
                .isCloseTo(session.expiresAt().toEpochMilli(), org.assertj.core.data.Offset.offset(2_000L));
    }

    @Test
    void whatTheUserSeesOfHisDevicesIsWhatIsLive() {
        Users.User user = a.newUser();
        IssuedSession phone = opened(a.open(user, ClientType.APP, "phone"));
        IssuedSession tablet = opened(b.open(user, ClientType.APP, "tablet"));
        IssuedSession laptop = opened(b.open(user, ClientType.WEB, "laptop"));
        assertThat(a.sessions().of(user.id()).block())
                .containsExactlyInAnyOrder(phone.session(), tablet.session(), laptop.session());
        b.sessions()
                .endAllBut(user.id(), tablet.session().id(), Reason.ENDED_ELSEWHERE)
                .block();
        assertThat(a.sessions().of(user.id()).block()).containsExactly(tablet.session());
    }

    @Test
    void aSessionWhosePlaceWasEvictedIsEndedAllTheSame() {
        Users.User user = a.newUser();
        IssuedSession session = opened(a.open(user, ClientType.APP, "a phone"));
        Users.User stranger = a.newUser();
        redis.del(SessionKeys.devices(user.id()));

        assertThat(b.sessions()
                        .end(stranger.id(), session.session().id(), Reason.LOGGED_OUT)
                        .block())
                .as("by somebody else")
                .isFalse();
        assertThat(Node.isLive(a.authenticate(session))).isTrue();
        assertThat(b.sessions()
                        .end(user.id(), session.session().id(), Reason.LOGGED_OUT)
                        .block())
                .isTrue();
        assertThat(a.endOf(session).reason()).isEqualTo(Reason.LOGGED_OUT);
    }

    @Test
    void aLoginWhoseClientGaveUpMeanwhileTakesNoPlace() {
        RedisServer server = RedisServer.start();
        try (Node node = Node.startOn(server, POLICIES);
                RedisClient direct = RedisClient.create(server.url())) {
            Eventually.holds("Redis is reached", node::reachesRedis);
            RedisCommands<String, String> commands = direct.connect().sync();
            Users.User user = node.newUser();
            server.freeze();
            var login = node.logins()
                    .login(user.username(), Node.PASSWORD, ClientType.MINIAPP, "a phone", "10.3.0.7")
                    .subscribe();
            // Past the password and waiting for Redis by then; were it not, the rest would not come true.
            Mono.delay(Duration.ofSeconds(1)).block();
            login.dispose();
            server.thaw();
            Eventually.holds("it was opened and ended", () -> !commands.keys(SessionKeys.ended("*"))
                    .isEmpty());
            Eventually.holds("no place is taken", () -> commands.exists(SessionKeys.devices(user.id())) == 0);
        } finally {
            server.close();
        }
    }

    static IssuedSession opened(LoginResult result) {
        return ((LoggedIn) result).issued();
    }
}
