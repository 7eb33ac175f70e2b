package flashsale.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.SignedJWT;
import flashsale.session.SessionEnd.Reason;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class RenewalTest {

    private static final Duration IDLE = Duration.ofMinutes(10);
    private static final Duration ABSOLUTE = Duration.ofHours(1);

    private static Node node;
    private static Node other;
    private static RedisClient client;
    private static RedisCommands<String, String> redis;

    @BeforeAll
    static void start() {
        String[] life = {"flash-sale.session.idle-timeout=10m", "flash-sale.session.absolute-timeout=1h"};
        node = Node.start(life);
        other = Node.start(life);
        client = Node.redisClient();
        redis = client.connect().sync();
    }

    @AfterAll
    static void stop() {
        node.close();
        other.close();
        client.shutdown();
    }

    @Test
    void aRenewedSessionItsTokenAndItsPlaceAmongTheDevicesLiveEquallyLong() throws ParseException {
        Users.User user = node.newUser();
        IssuedSession issued = login(user);
        aMinuteAgo(issued, 5);

        RenewedSession renewed = node.sessions().renew(live(issued)).block();

        long end = renewed.expiresAt().toEpochMilli();
        assertThat(renewed.expiresAt())
                .isBetween(
                        Instant.now().plus(IDLE).minusSeconds(10), Instant.now().plus(IDLE));
        assertThat(redis.pexpiretime(SessionKeys.record(issued.session().id()))).isEqualTo(end);
        assertThat(redis.pexpiretime(SessionKeys.devices(user.id()))).isEqualTo(end);
        assertThat(redis.hvals(SessionKeys.devices(user.id())))
                .singleElement()
                .asString()
                .contains(" " + end + " ");
        var claims = SignedJWT.parse(renewed.accessToken()).getJWTClaimsSet();
        assertThat(claims.getExpirationTime().toInstant()).isEqualTo(renewed.expiresAt());
        assertThat(claims.getJWTID()).isEqualTo(issued.session().id());
        assertThat(other.sessions()
                        .authenticate(new Proof.Bearer(renewed.accessToken()))
                        .block())
                .isInstanceOfSatisfying(
                        Authentication.Authenticated.class,
                        seen -> assertThat(seen.session().endsAtMillis()).isEqualTo(end));
        assertThat(node.sessions().of(user.id()).block()).singleElement().satisfies(session -> assertThat(
                        session.lastActive())
                .isAfter(Instant.now().minusSeconds(10)));
    }

    @Test
    void noSessionIsRenewedBeyondItsAbsoluteLife() {
        IssuedSession issued = login(node.newUser());
        long created = System.currentTimeMillis()
                - ABSOLUTE.toMillis()
                + Duration.ofMinutes(3).toMillis();
        var old = new LiveSession(
                Principals.of(issued), ClientType.APP, null, created, 0, System.currentTimeMillis() + 1_000);
        assertThat(node.sessions().isRenewalDue(old, true)).isTrue();

        // The record ends in ten minutes already and is never shortened; what counts is that it is not lengthened.
        RenewedSession renewed = node.sessions().renew(old).block();

        assertThat(renewed.expiresAt()).isEqualTo(issued.expiresAt());
        var atTheEnd =
                new LiveSession(Principals.of(issued), ClientType.APP, null, created, 0, created + ABSOLUTE.toMillis());
        assertThat(node.sessions().isRenewalDue(atTheEnd, true)).isFalse();
        var life = new SessionLife(IDLE, ABSOLUTE);
        Instant login = Instant.parse("2026-01-01T00:00:00Z");
        assertThat(life.endOf(login, login.plus(ABSOLUTE).minusSeconds(1))).isEqualTo(login.plus(ABSOLUTE));
    }

    @Test
    void oneRenewalAfterAnotherIsDueOnlyAfterAWhile() {
        IssuedSession issued = login(node.newUser());
        assertThat(node.sessions().isRenewalDue(live(issued), true))
                .as("just logged in")
                .isFalse();
        aMinuteAgo(issued, 5);
        assertThat(node.sessions().isRenewalDue(live(issued), true)).isTrue();
        node.sessions().renew(live(issued)).block();
        assertThat(node.sessions().isRenewalDue(live(issued), true))
                .as("just renewed")
                .isFalse();
    }

    @Test
    void thePolicySaysWhichRequestsRenew() {
        var due = new LiveSession(
                new Principal(1, Role.USER, "s"), ClientType.APP, null, System.currentTimeMillis() - 120_000, 0, 1);
        record Case(String policy, boolean reads, boolean writes) {}
        for (Case policy : List.of(
                new Case("EVERY_REQUEST", true, true),
                new Case("WRITES_ONLY", false, true),
                new Case("NEVER", false, false))) {
            try (Node configured = Node.start("flash-sale.session.renewal.on=" + policy.policy())) {
                assertThat(configured.sessions().isRenewalDue(due, false)).isEqualTo(policy.reads());
                assertThat(configured.sessions().isRenewalDue(due, true)).isEqualTo(policy.writes());
            }
        }
    }

    @Test
    void anEndedSessionIsNotBroughtBackByARenewal() {
        Users.User user = node.newUser();
        IssuedSession issued = login(user);
        LiveSession before = live(issued);
        other.sessions()
                .end(user.id(), issued.session().id(), Reason.LOGGED_OUT)
                .block();

        assertThat(node.sessions().renew(before).blockOptional()).isEmpty();

        assertThat(redis.exists(SessionKeys.record(issued.session().id()), SessionKeys.devices(user.id())))
                .isZero();
        assertThat(node.endOf(issued).reason()).isEqualTo(Reason.LOGGED_OUT);
    }

    @Test
    void aSessionEndedWhileItIsRenewedStaysEndedWhateverCameFirst() {
        for (int i = 0; i < 100; i++) {
            Users.User user = node.newUser();
            IssuedSession issued = DevicesTest.opened(node.open(user, ClientType.APP, "a phone"));
            LiveSession session = live(issued);
            reactor.core.publisher.Mono.zip(
                            node.sessions().renew(session).hasElement(),
                            other.sessions().end(user.id(), issued.session().id(), Reason.FORCED))
                    .block();
            assertThat(redis.exists(SessionKeys.record(issued.session().id()))).isZero();
            Eventually.holds(
                    "both refuse it",
                    () -> !Node.isLive(node.authenticate(issued)) && !Node.isLive(other.authenticate(issued)));
        }
    }

    @Test
    void aSessionNobodyUsesEndsWithItsToken() {
        try (Node brief = Node.start("flash-sale.session.idle-timeout=2s", "flash-sale.session.absolute-timeout=2s")) {
            IssuedSession issued = brief.login(brief.newUser(), ClientType.APP);
            Eventually.holds("its token is over", () -> !Node.isLive(brief.authenticate(issued)));
            assertThat(brief.sessions().known(new Proof.Cookie(issued.session().id())))
                    .isNull();
            Eventually.holds(
                    "its record is gone",
                    () -> redis.exists(SessionKeys.record(issued.session().id())) == 0);
        }
    }

    private static IssuedSession login(Users.User user) {
        return node.login(user, ClientType.APP);
    }

    private static LiveSession live(IssuedSession issued) {
        return ((Authentication.Authenticated) node.authenticate(issued)).session();
    }

    /** As if it had been used last some minutes ago. */
    private static void aMinuteAgo(IssuedSession issued, int minutes) {
        long then = System.currentTimeMillis() - Duration.ofMinutes(minutes).toMillis();
        redis.hset(SessionKeys.record(issued.session().id()), "sessionAttr:lastActive", "{\"long\":" + then + "}");
        node.view().forgetAll();
    }
}
