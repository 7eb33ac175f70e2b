package flashsale.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import flashsale.servers.RedisServer;
import flashsale.session.Authentication.Authenticated;
import flashsale.session.Authentication.SessionEnded;
import flashsale.session.SessionEnd.Reason;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpStatus;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.session.WebSessionManager;

class NodesTest {

    private static Node a;
    private static Node b;
    private static RedisClient client;
    private static RedisCommands<String, String> redis;

    @BeforeAll
    static void start() {
        a = Node.start();
        b = Node.start();
        client = Node.redisClient();
        redis = client.connect().sync();
        Node.awaitListening(redis, 2);
    }

    @AfterAll
    static void stop() {
        a.close();
        b.close();
        client.shutdown();
    }

    @Test
    void aSessionEndedOnOneNodeIsEndedOnTheOther() {
        IssuedSession issued = a.login(a.newUser(), ClientType.APP);
        // A node believes what it read only while it is sure to miss no message: right after its start it is not yet.
        Eventually.holds(
                "B knows it", () -> b.authenticate(issued) instanceof Authenticated && b.known(issued) != null);

        a.sessions()
                .end(issued.session().userId(), issued.session().id(), Reason.ENDED_ELSEWHERE)
                .block();

        Eventually.holds("B forgot it", () -> b.known(issued) == null);
        assertThat(b.authenticate(issued)).isInstanceOf(SessionEnded.class);
    }

    @Test
    void aNewLoginOnOneNodeEndsTheOldSessionOnTheOther() {
        Users.User user = a.newUser();
        IssuedSession old = a.login(user, ClientType.APP);

        IssuedSession fresh = b.login(user, ClientType.APP);

        Eventually.holds("A forgot it", () -> a.known(old) == null);
        assertThat(a.authenticate(old)).isInstanceOf(SessionEnded.class);
        assertThat(a.authenticate(fresh)).isInstanceOf(Authenticated.class);
    }

    @Test
    void aRoleGivenOnOneNodeIsSeenOnTheOther() {
        IssuedSession issued = a.login(a.newUser(), ClientType.APP);
        assertThat(b.authenticate(issued)).isInstanceOf(Authenticated.class);

        a.users().grant(issued.session().userId(), Role.OPS).block();

        Eventually.holds(
                "B knows the role",
                () -> b.authenticate(issued) instanceof Authenticated seen
                        && seen.session().principal().role() == Role.OPS);
    }

    @Test
    void whatAMissedMessageLeftWrongIsGoneAfterTheTimeToLive() {
        try (Node c = Node.start("flash-sale.session.view.ttl=300ms")) {
            IssuedSession issued = c.login(c.newUser(), ClientType.APP);
            redis.del(SessionKeys.record(issued.session().id()));
            assertThat(a.authenticate(issued)).isInstanceOf(SessionEnded.class);
            Eventually.holds("C read again", () -> c.authenticate(issued) instanceof SessionEnded);
        }
    }

    @Test
    void theApplicationStartsWithoutRedisAndServesWhenItComesGoesAndComesBack() {
        RedisServer server = RedisServer.start();
        server.stop();
        try (Node one = Node.startOn(server);
                Node other = Node.startOn(server);
                RedisClient direct = RedisClient.create(server.url())) {
            Users.User user = one.newUser();
            assertThatThrownBy(() -> one.login(user, ClientType.APP)).isInstanceOf(DataAccessException.class);

            server.restart();
            Eventually.holds("both are connected", () -> one.reachesRedis() && other.reachesRedis());
            IssuedSession issued = one.login(user, ClientType.APP);
            assertThat(other.authenticate(issued)).isInstanceOf(Authenticated.class);

            server.kill9();
            Eventually.holds("the loss is noticed", () -> !one.reachesRedis());
            one.view().forgetAll();
            assertThatThrownBy(() -> one.authenticate(issued)).isInstanceOf(DataAccessException.class);
            assertThat(one.known(issued)).isNull();
            assertThat(other.known(issued))
                    .as("what is known is served while Redis is away")
                    .isNotNull();

            server.restart();
            RedisCommands<String, String> commands = direct.connect().sync();
            Node.awaitListening(commands, 2);
            Eventually.holds("both read again", () -> one.reachesRedis() && other.reachesRedis());
            assertThat(one.authenticate(issued))
                    .as("a failed read is not remembered; the record is lost")
                    .isInstanceOf(SessionEnded.class);
            IssuedSession fresh = one.login(user, ClientType.APP);
            assertThat(other.authenticate(fresh)).isInstanceOf(Authenticated.class);
            one.sessions()
                    .end(user.id(), fresh.session().id(), Reason.ENDED_ELSEWHERE)
                    .block();
            Eventually.holds("the other heard of it", () -> other.known(fresh) == null);
        } finally {
            server.close();
        }
    }

    @Test
    void whatIsKnownIsNotTrustedLongerThanTheProofThatNoMessageWasMissed() {
        RedisServer server = RedisServer.start();
        try (Node one = Node.startOn(server, "flash-sale.session.view.ttl=2s")) {
            Eventually.holds("it is connected", one::reachesRedis);
            IssuedSession issued = one.login(one.newUser(), ClientType.APP);
            assertThat(one.known(issued)).isNotNull();
            server.freeze();
            Eventually.holds("it is no longer trusted", () -> one.known(issued) == null);
            server.thaw();
            Eventually.holds("Redis answers", one::reachesRedis);
            assertThat(one.authenticate(issued)).isInstanceOf(Authenticated.class);
            Eventually.holds("it is trusted again", () -> one.known(issued) != null);
        } finally {
            server.close();
        }
    }

    @Test
    void aRedisThatHangsIsAnErrorAfterASecondAndNotAWaitForEver() {
        RedisServer server = RedisServer.start();
        try (Node one = Node.startOn(server, "spring.data.redis.timeout=1s")) {
            Eventually.holds("it is connected", one::reachesRedis);
            IssuedSession issued = one.login(one.newUser(), ClientType.APP);
            one.view().forgetAll();
            server.freeze();
            assertThatThrownBy(() -> one.sessions()
                            .authenticate(new Proof.Bearer(issued.accessToken()))
                            .block(Duration.ofSeconds(5)))
                    .isInstanceOf(DataAccessException.class);
            server.thaw();
            Eventually.holds("it is read again", one::reachesRedis);
            assertThat(one.authenticate(issued)).isInstanceOf(Authenticated.class);
        } finally {
            server.close();
        }
    }

    @Test
    void whatWasKnownBeforeTheMessagesStoppedIsReadAgainWhenTheyComeBack() {
        IssuedSession issued = a.login(a.newUser(), ClientType.APP);
        assertThat(a.known(issued)).isNotNull();
        redis.clientKill(io.lettuce.core.KillArgs.Builder.typePubsub());
        redis.del(SessionKeys.record(issued.session().id()));
        Eventually.holds("A forgot it", () -> a.known(issued) == null);
        assertThat(a.authenticate(issued)).isInstanceOf(SessionEnded.class);
    }

    @Test
    void sessionsLiveInARedisOfTheirOwnWhenOneIsNamed() {
        RedisServer server = RedisServer.start();
        try (Node own = Node.start("flash-sale.session.redis-url=" + server.url())) {
            IssuedSession issued = own.login(own.newUser(), ClientType.APP);
            assertThat(own.authenticate(issued)).isInstanceOf(Authenticated.class);
            assertThat(a.authenticate(issued)).isInstanceOf(SessionEnded.class);
            assertThat(redis.exists(SessionKeys.record(issued.session().id()))).isZero();
        } finally {
            server.close();
        }
    }

    @Test
    void aRequestThatDoesNotAskForItsWebSessionCostsRedisNothing() {
        IssuedSession issued = a.login(a.newUser(), ClientType.WEB);
        WebTestClient http = WebTestClient.bindToRouterFunction(RouterFunctions.route()
                        .GET("/plain", request -> ServerResponse.ok().build())
                        .GET("/session", request -> request.session()
                                .flatMap(session -> ServerResponse.ok().bodyValue("" + session.getAttribute("userId"))))
                        .build())
                .webSessionManager(a.context().getBean(WebSessionManager.class))
                .build();
        Map<String, Long> before = Node.commandCalls(redis);
        for (int i = 0; i < 10; i++) {
            assertThat(http.get()
                            .uri("/plain")
                            .cookie("SESSION", issued.session().id())
                            .exchange()
                            .returnResult(Void.class)
                            .getStatus())
                    .isEqualTo(HttpStatus.OK);
        }
        assertThat(Node.commandCalls(redis)).isEqualTo(before);
        assertThat(http.get()
                        .uri("/session")
                        .cookie("SESSION", issued.session().id())
                        .exchange()
                        .returnResult(String.class)
                        .getResponseBody()
                        .blockFirst())
                .isEqualTo("" + issued.session().userId());
        assertThat(Node.commandCalls(redis)).isNotEqualTo(before);
    }
}
