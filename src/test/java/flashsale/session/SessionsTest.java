package flashsale.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.SignedJWT;
import flashsale.observability.Stage;
import flashsale.session.Authentication.Authenticated;
import flashsale.session.Authentication.SessionEnded;
import flashsale.session.Authentication.Unauthenticated;
import flashsale.session.LoginResult.BadCredentials;
import flashsale.session.LoginResult.Busy;
import flashsale.session.LoginResult.LoggedIn;
import flashsale.session.LoginResult.Throttled;
import flashsale.session.SessionEnd.Reason;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.session.ReactiveSessionRepository;
import org.springframework.session.data.redis.ReactiveRedisSessionRepository;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

class SessionsTest {

    private static Node node;
    private static RedisClient client;
    private static RedisCommands<String, String> redis;

    @BeforeAll
    static void start() {
        node = Node.start();
        client = Node.redisClient();
        redis = client.connect().sync();
    }

    @AfterAll
    static void stop() {
        node.close();
        client.shutdown();
    }

    @Test
    void loginWritesTokenAndRecordWithOneLife() throws ParseException {
        Users.User user = node.newUser();
        IssuedSession issued = node.login(user, ClientType.MINIAPP);

        var claims = SignedJWT.parse(issued.accessToken()).getJWTClaimsSet();
        String key = SessionKeys.record(issued.session().id());
        assertThat(claims.getJWTID()).isEqualTo(issued.session().id());
        assertThat(claims.getExpirationTime().toInstant()).isEqualTo(issued.expiresAt());
        assertThat(redis.pexpiretime(key)).isEqualTo(issued.expiresAt().toEpochMilli());
        assertThat(redis.pexpiretime(SessionKeys.devices(user.id())))
                .isEqualTo(issued.expiresAt().toEpochMilli());
        long createdAt = issued.session().createdAt().toEpochMilli();
        assertThat(redis.hgetall(key))
                .isEqualTo(Map.ofEntries(
                        Map.entry("creationTime", "{\"long\":" + createdAt + "}"),
                        Map.entry("lastAccessedTime", "{\"long\":" + createdAt + "}"),
                        Map.entry("maxInactiveInterval", "7200"),
                        Map.entry("sessionAttr:v", "1"),
                        Map.entry("sessionAttr:status", "\"ACTIVE\""),
                        Map.entry("sessionAttr:role", "\"USER\""),
                        Map.entry("sessionAttr:userId", "{\"long\":" + user.id() + "}"),
                        Map.entry("sessionAttr:clientType", "\"MINIAPP\""),
                        Map.entry("sessionAttr:deviceId", "\"a phone\""),
                        Map.entry("sessionAttr:createdAt", "{\"long\":" + createdAt + "}"),
                        Map.entry("sessionAttr:lastActive", "{\"long\":" + createdAt + "}"),
                        Map.entry(
                                "sessionAttr:endsAt",
                                "{\"long\":" + issued.expiresAt().toEpochMilli() + "}")));
        assertThat(node.authenticate(issued))
                .isEqualTo(new Authenticated(new LiveSession(
                        new Principal(user.id(), Role.USER, issued.session().id()),
                        ClientType.MINIAPP,
                        null,
                        createdAt,
                        createdAt,
                        issued.expiresAt().toEpochMilli())));
    }

    @Test
    void springSessionsOwnRepositoryReadsAndSavesTheSameRecord() {
        Users.User user = node.newUser();
        IssuedSession issued = node.login(user, ClientType.WEB);
        var repository = node.context().getBean(ReactiveRedisSessionRepository.class);

        Map<String, Object> attributes =
                readAndSave(repository, issued.session().id()).block();

        assertThat(attributes)
                .containsEntry("userId", user.id())
                .containsEntry("clientType", "WEB")
                .containsEntry("v", 1)
                .containsEntry("page", "cart");
        node.view().forgetAll();
        assertThat(node.authenticate(issued)).isInstanceOf(Authenticated.class);
    }

    private static <S extends org.springframework.session.Session> Mono<Map<String, Object>> readAndSave(
            ReactiveSessionRepository<S> repository, String id) {
        return repository.findById(id).flatMap(session -> {
            session.setAttribute("page", "cart");
            Map<String, Object> read = session.getAttributeNames().stream()
                    .collect(Collectors.toMap(name -> name, name -> session.<Object>getAttribute(name)));
            return repository.save(session).thenReturn(read);
        });
    }

    @Test
    void aSessionIdHasAHundredAndTwentyEightRandomBitsOrMore() {
        Users.User user = node.newUser();
        String first = node.login(user, ClientType.APP).session().id();
        String second = node.login(user, ClientType.APP).session().id();
        assertThat(first).matches("[A-Za-z0-9_-]{32}").isNotEqualTo(second);
    }

    @Test
    void aNewLoginEndsTheOldOneOfItsTypeAtOnceAndLeavesOtherTypesAlone() {
        Users.User user = node.newUser();
        IssuedSession web = node.login(user, ClientType.WEB);
        IssuedSession oldPhone = node.login(user, ClientType.APP);
        assertThat(node.authenticate(oldPhone)).isInstanceOf(Authenticated.class);

        IssuedSession newPhone = node.login(user, ClientType.APP);

        assertThat(node.known(oldPhone)).isNull();
        assertThat(node.authenticate(oldPhone)).isInstanceOf(SessionEnded.class);
        assertThat(node.authenticate(newPhone)).isInstanceOf(Authenticated.class);
        assertThat(node.authenticate(web)).isInstanceOf(Authenticated.class);
        assertThat(redis.exists(SessionKeys.record(oldPhone.session().id()))).isZero();
        assertThat(node.sessions().of(user.id()).block()).containsExactlyInAnyOrder(web.session(), newPhone.session());
    }

    @Test
    void thirtySimultaneousLoginsOfOneUserAndTypeLeaveOneLiveSession() {
        Users.User user = node.newUser();
        List<IssuedSession> all = Flux.range(0, 30)
                .flatMap(
                        i -> node.logins()
                                .login(user.username(), Node.PASSWORD, ClientType.APP, "phone " + i, "10.0.0.2"),
                        30)
                .map(result -> ((LoggedIn) result).issued())
                .collectList()
                .block();

        assertThat(all).hasSize(30);
        assertThat(all.stream().filter(issued -> node.authenticate(issued) instanceof Authenticated))
                .hasSize(1);
        node.view().forgetAll();
        assertThat(all.stream().filter(issued -> node.authenticate(issued) instanceof Authenticated))
                .hasSize(1);
        assertThat(all.stream()
                        .filter(issued ->
                                redis.exists(SessionKeys.record(issued.session().id())) == 1))
                .hasSize(1);
        assertThat(redis.hgetall(SessionKeys.devices(user.id()))).hasSize(1);
    }

    @Test
    void aSessionWhoseEndWasBegunByANodeThatDiedIsEndedByTheNextCall() {
        Users.User user = node.newUser();
        IssuedSession left = node.login(user, ClientType.APP);
        String id = left.session().id();
        redis.hdel(SessionKeys.devices(user.id()), "session:" + id);
        redis.hset(
                SessionKeys.devices(user.id()),
                "ending:" + id,
                left.expiresAt().toEpochMilli() + " {\"reason\":\"LOGGED_OUT\",\"at\":\"2026-01-01T00:00:00Z\"}");
        assertThat(node.authenticate(left)).isInstanceOf(Authenticated.class);

        IssuedSession web = node.login(user, ClientType.WEB);

        assertThat(node.authenticate(left))
                .isEqualTo(new SessionEnded(
                        new SessionEnd(Reason.LOGGED_OUT, Instant.parse("2026-01-01T00:00:00Z"), null)));
        assertThat(redis.hkeys(SessionKeys.devices(user.id())))
                .containsExactly("session:" + web.session().id());
    }

    @Test
    void anUnknownUserAndAWrongPasswordGetTheSameAnswer() {
        Users.User user = node.newUser();
        assertThat(node.tryLogin(user.username(), "wrong", ClientType.APP, "10.0.1.1"))
                .isEqualTo(node.tryLogin("nobody-" + user.username(), "wrong", ClientType.APP, "10.0.1.1"))
                .isEqualTo(new BadCredentials());
        assertThat(node.tryLogin(user.username(), "x".repeat(73), ClientType.APP, "10.0.1.1"))
                .isEqualTo(new BadCredentials());
    }

    @Test
    void onlyFailuresThrottleAUser() {
        Users.User user = node.newUser();
        for (int i = 0; i < 20; i++) {
            node.login(user, ClientType.APP);
        }
        for (int i = 0; i < 5; i++) {
            assertThat(node.tryLogin(user.username(), "wrong", ClientType.APP, "10.0.2." + i))
                    .isEqualTo(new BadCredentials());
        }
        LoginResult right = node.tryLogin(user.username(), Node.PASSWORD, ClientType.APP, "10.0.2.9");
        assertThat(right).isInstanceOf(Throttled.class);
        assertThat(((Throttled) right).lockout().left()).isBetween(Duration.ofMinutes(14), Duration.ofMinutes(15));
        assertThat(node.tryLogin(node.newUser().username(), Node.PASSWORD, ClientType.APP, "10.0.2.9"))
                .isInstanceOf(LoggedIn.class);
    }

    @Test
    void aSuccessForgetsTheFailuresOfItsUser() {
        Users.User user = node.newUser();
        for (int i = 0; i < 12; i++) {
            assertThat(node.tryLogin(user.username(), "wrong", ClientType.APP, "10.0.3.1"))
                    .isEqualTo(new BadCredentials());
            if (i % 4 == 3) {
                assertThat(node.tryLogin(user.username(), Node.PASSWORD, ClientType.APP, "10.0.3.1"))
                        .isInstanceOf(LoggedIn.class);
            }
        }
    }

    @Test
    void failuresAtManyUsersThrottleAnAddress() {
        for (int i = 0; i < 50; i++) {
            assertThat(node.tryLogin("nobody-" + i, "wrong", ClientType.APP, "10.0.4.1"))
                    .isEqualTo(new BadCredentials());
        }
        Users.User user = node.newUser();
        assertThat(node.tryLogin(user.username(), Node.PASSWORD, ClientType.APP, "10.0.4.1"))
                .isInstanceOf(Throttled.class);
        assertThat(node.tryLogin(user.username(), Node.PASSWORD, ClientType.APP, "10.0.4.2"))
                .isInstanceOf(LoggedIn.class);
    }

    @Test
    void guessesSentAtOnceGetNoMoreAnswersThanGuessesInARow() {
        Users.User user = node.newUser();
        List<LoginResult> answers = Flux.range(0, 30)
                .flatMap(
                        i -> node.logins().login(user.username(), "guess " + i, ClientType.APP, "x", "10.0.5." + i), 30)
                .collectList()
                .block();
        assertThat(answers).hasSize(30);
        assertThat(answers.stream().filter(BadCredentials.class::isInstance)).hasSize(5);
        assertThat(answers.stream().filter(Throttled.class::isInstance)).hasSize(25);
    }

    @Test
    void whenTheHashingIsFullALoginIsBusy() {
        try (Node slow = Node.start(
                "flash-sale.session.hashing.cost=10",
                "flash-sale.session.hashing.threads=1",
                "flash-sale.session.hashing.queue=2")) {
            Users.User user = slow.newUser();
            List<LoginResult> answers = Flux.range(0, 30)
                    .flatMap(
                            i -> slow.logins().login(user.username(), Node.PASSWORD, ClientType.APP, "x", "10.0.6.1"),
                            30)
                    .collectList()
                    .block();
            assertThat(answers).hasSize(30);
            assertThat(answers.stream().filter(LoggedIn.class::isInstance).count())
                    .isBetween(1L, 29L);
            assertThat(answers.stream().filter(Busy.class::isInstance).count())
                    .isEqualTo(30
                            - answers.stream()
                                    .filter(LoggedIn.class::isInstance)
                                    .count());
        }
    }

    @Test
    void aRecordOfAnUnknownVersionOrAForeignTypeIsRefused() {
        Map<String, String> harm = Map.of(
                "sessionAttr:v", "2",
                "sessionAttr:role", "\"ADMIN\"",
                "sessionAttr:userId", "7",
                "sessionAttr:status", "[\"java.util.ArrayList\",[]]",
                "sessionAttr:deviceId", "{\"@class\":\"java.net.URL\"}",
                "sessionAttr:createdAt", "\u00ac\u00ed\u0000\u0005sr");
        IssuedSession issued = node.login(node.newUser(), ClientType.APP);
        String key = SessionKeys.record(issued.session().id());
        var good = new HashMap<>(redis.hgetall(key));
        harm.forEach((field, value) -> {
            redis.hset(key, field, value);
            node.view().forgetAll();
            assertThat(node.authenticate(issued)).as(field).isInstanceOf(Unauthenticated.class);
            assertThat(node.sessions().of(issued.session().userId()).block())
                    .as(field)
                    .isEmpty();
            redis.hdel(key, field);
            node.view().forgetAll();
            assertThat(node.authenticate(issued)).as("without " + field).isInstanceOf(Unauthenticated.class);
            redis.hset(key, good);
            node.view().forgetAll();
            assertThat(node.authenticate(issued)).isInstanceOf(Authenticated.class);
        });
    }

    @Test
    void aRecordOfAnotherUserUnderTheSameIdIsRefused() {
        IssuedSession issued = node.login(node.newUser(), ClientType.APP);
        redis.hset(SessionKeys.record(issued.session().id()), "sessionAttr:userId", "{\"long\":1}");
        node.view().forgetAll();
        assertThat(node.authenticate(issued)).isInstanceOf(Unauthenticated.class);
        assertThat(node.known(issued)).isNull();
    }

    @Test
    void whatIsKnownOfASessionIsNotBelievedBeyondItsEnd() {
        Eventually.holds("the view is trusted", () -> {
            node.view().opened(web("lives", System.currentTimeMillis() + 60_000));
            return node.sessions().known(new Proof.Cookie("lives")) != null;
        });
        node.view().opened(web("over", System.currentTimeMillis() - 1));
        assertThat(node.sessions().known(new Proof.Cookie("over"))).isNull();
    }

    private static LiveSession web(String id, long endsAtMillis) {
        return new LiveSession(new Principal(1, Role.USER, id), ClientType.WEB, "csrf", 0, 0, endsAtMillis);
    }

    @Test
    void aCookieProvesOnlyTheSessionOfAWebPage() {
        Users.User user = node.newUser();
        for (ClientType type : ClientType.values()) {
            var cookie = node.sessions()
                    .inCookie(node.sessions()
                            .cookie(node.login(user, type).session().id()));
            boolean web = type == ClientType.WEB;
            assertThat(node.sessions().known(cookie) != null)
                    .as("known: " + type)
                    .isEqualTo(web);
            assertThat(Node.isLive(node.sessions().authenticate(cookie).block()))
                    .as("authenticated: " + type)
                    .isEqualTo(web);
        }
        assertThat(node.sessions().inCookie("no-signature")).isNull();
        assertThat(node.sessions().inCookie("no-session.AAAAAAAAAAAAAAAAAAAAAA"))
                .isNull();
    }

    @Test
    void anInactiveRecordIsAnEndedSession() {
        IssuedSession issued = node.login(node.newUser(), ClientType.APP);
        redis.hset(SessionKeys.record(issued.session().id()), "sessionAttr:status", "\"INACTIVE\"");
        node.view().forgetAll();
        assertThat(node.authenticate(issued)).isInstanceOf(SessionEnded.class);
    }

    @Test
    void aFreshSessionIsKnownAndCostsRedisNothing() {
        IssuedSession issued = node.login(node.newUser(), ClientType.APP);
        Map<String, Long> before = Node.commandCalls(redis);
        for (int i = 0; i < 1_000; i++) {
            assertThat(node.known(issued)).isNotNull();
            assertThat(node.authenticate(issued)).isInstanceOf(Authenticated.class);
        }
        assertThat(Node.commandCalls(redis)).isEqualTo(before);
    }

    @Test
    void aHundredSimultaneousMissesShareOneRead() {
        IssuedSession issued = node.login(node.newUser(), ClientType.APP);
        node.view().forgetAll();
        Map<String, Long> before = Node.commandCalls(redis);
        List<Authentication> answers = Flux.range(0, 100)
                .flatMap(i -> node.sessions().authenticate(new Proof.Bearer(issued.accessToken())), 100)
                .collectList()
                .block();
        assertThat(answers).hasSize(100).allMatch(Authenticated.class::isInstance);
        Map<String, Long> after = new HashMap<>(Node.commandCalls(redis));
        after.replaceAll((command, calls) -> calls - before.getOrDefault(command, 0L));
        after.values().removeIf(calls -> calls == 0);
        assertThat(after).isEqualTo(Map.of("hmget", 1L));
    }

    @Test
    void aReaderWhoGoesAwayDoesNotCancelTheReadOfTheOthers() {
        IssuedSession issued = node.login(node.newUser(), ClientType.APP);
        for (int i = 0; i < 200; i++) {
            node.view().forgetAll();
            var gone = node.sessions()
                    .authenticate(new Proof.Bearer(issued.accessToken()))
                    .subscribe();
            Mono<Authentication> stays = node.sessions().authenticate(new Proof.Bearer(issued.accessToken()));
            gone.dispose();
            assertThat(stays.block()).isInstanceOf(Authenticated.class);
        }
    }

    @Test
    void aRecordDeletedWithoutAMessageIsFoundWhileItsSessionIsInUse() {
        try (Node brief = Node.start("flash-sale.session.view.ttl=400ms")) {
            Eventually.holds("it is connected", brief::reachesRedis);
            IssuedSession issued = brief.login(brief.newUser(), ClientType.APP);
            IssuedSession kept = brief.login(brief.newUser(), ClientType.APP);
            Eventually.holds("it is known", () -> brief.known(issued) != null);
            redis.del(SessionKeys.record(issued.session().id()));
            Eventually.holds("the recheck found it", () -> brief.authenticate(issued) instanceof SessionEnded);
            assertThat(brief.authenticate(kept)).isInstanceOf(Authenticated.class);
        }
    }

    @Test
    void theViewIsBounded() {
        try (Node small = Node.start("flash-sale.session.view.size=100")) {
            for (int i = 0; i < 10_000; i++) {
                small.view().opened(live("session-" + i));
            }
            assertThat(small.view().size()).as(Stage.SESSIONS.tag()).isBetween(1L, 100L);
            assertThat(small.view().sizeAbout()).isEqualTo(small.view().size());
        }
    }

    private static LiveSession live(String id) {
        return new LiveSession(new Principal(1, Role.USER, id), ClientType.APP, null, 0, 0, Long.MAX_VALUE);
    }

    @Test
    void aUserEndsHisOwnSessionsOnly() {
        Users.User user = node.newUser();
        IssuedSession mine = node.login(user, ClientType.APP);
        IssuedSession theirs = node.login(node.newUser(), ClientType.APP);

        assertThat(node.sessions()
                        .end(user.id(), theirs.session().id(), Reason.ENDED_ELSEWHERE)
                        .block())
                .isFalse();
        assertThat(node.sessions()
                        .end(user.id(), "no-such-session", Reason.ENDED_ELSEWHERE)
                        .block())
                .isFalse();
        assertThat(node.authenticate(theirs)).isInstanceOf(Authenticated.class);

        assertThat(node.sessions()
                        .end(user.id(), mine.session().id(), Reason.ENDED_ELSEWHERE)
                        .block())
                .isTrue();
        assertThat(node.sessions()
                        .end(user.id(), mine.session().id(), Reason.ENDED_ELSEWHERE)
                        .block())
                .isFalse();
        assertThat(node.authenticate(mine)).isInstanceOf(SessionEnded.class);
        assertThat(node.sessions().of(user.id()).block()).isEmpty();
        assertThat(redis.exists(SessionKeys.devices(user.id()))).isZero();
    }

    @Test
    void endingAllOthersKeepsOne() {
        Users.User user = node.newUser();
        List<IssuedSession> sessions = IntStream.range(0, ClientType.values().length)
                .mapToObj(i -> node.login(user, ClientType.values()[i]))
                .toList();
        IssuedSession kept = sessions.getFirst();

        node.sessions()
                .endAllBut(user.id(), kept.session().id(), Reason.ENDED_ELSEWHERE)
                .block();

        assertThat(sessions.stream().filter(issued -> node.authenticate(issued) instanceof Authenticated))
                .containsExactly(kept);
        assertThat(node.sessions().of(user.id()).block()).containsExactly(kept.session());
    }

    @Test
    void aLoginCancelledAtAnyMomentLeavesNoHalfSession() {
        Users.User user = node.newUser();
        var random = new java.util.Random(42);
        for (int i = 0; i < 100; i++) {
            Mono.firstWithSignal(
                            node.logins().login(user.username(), Node.PASSWORD, ClientType.APP, "x", "10.0.7.1"),
                            Mono.delay(Duration.ofNanos(random.nextInt(6_000_000))))
                    .block();
        }
        IssuedSession last = node.login(user, ClientType.APP);
        Eventually.holds("one session with its record is left", () -> {
            Map<String, String> devices = redis.hgetall(SessionKeys.devices(user.id()));
            return devices.size() == 1
                    && redis.exists(SessionKeys.record(
                                    devices.keySet().iterator().next().substring("session:".length())))
                            == 1;
        });
        assertThat(redis.keys(SessionKeys.record("*")))
                .allSatisfy(key -> assertThat(redis.pttl(key)).isPositive());
        assertThat(last.session().id()).isNotNull();
    }

    @Test
    void aRedisThatLostItsScriptsIsServedAllTheSame() {
        Users.User user = node.newUser();
        IssuedSession first = node.login(user, ClientType.APP);
        redis.scriptFlush();
        node.login(user, ClientType.APP);
        redis.scriptFlush();
        assertThat(node.authenticate(first)).isInstanceOf(SessionEnded.class);
    }
}
