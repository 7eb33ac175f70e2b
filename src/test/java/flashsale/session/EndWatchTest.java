package flashsale.session;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.session.SessionEnd.Reason;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What the event stream of a session tells. */
class EndWatchTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

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
    void theEndOnAnotherNodeIsToldByItsMessageWithItsReason() {
        Users.User user = a.newUser();
        IssuedSession session = a.login(user, ClientType.APP);
        // The view's time-to-live is an hour here: whatever is told is told because of the message.
        var told = b.sessions().end(live(b, session)).toFuture();
        Eventually.holds("it waits", () -> b.context().getBean(EndWatch.class).waiting() == 1);

        a.sessions()
                .end(user.id(), session.session().id(), Reason.ENDED_ELSEWHERE)
                .block();

        assertThat(Mono.fromFuture(told).block(PATIENCE).reason()).isEqualTo(Reason.ENDED_ELSEWHERE);
        Eventually.holds(
                "nobody waits any more",
                () -> b.context().getBean(EndWatch.class).waiting() == 0);
    }

    @Test
    void anEndBeforeTheWaitIsToldAtOnce() {
        Users.User user = a.newUser();
        IssuedSession session = a.login(user, ClientType.APP);
        LiveSession live = live(a, session);
        a.sessions().end(user.id(), session.session().id(), Reason.LOGGED_OUT).block();
        assertThat(a.sessions().end(live).block(PATIENCE).reason()).isEqualTo(Reason.LOGGED_OUT);
    }

    @Test
    void aLostMessageIsMadeGoodWithinTheTimeToLive() {
        try (Node brief = Node.start("flash-sale.session.view.ttl=300ms")) {
            IssuedSession session = brief.login(brief.newUser(), ClientType.APP);
            Mono<SessionEnd> end = brief.sessions().end(live(brief, session));
            var told = end.hasElement().toFuture();
            redis.del(SessionKeys.record(session.session().id()));
            assertThat(Mono.fromFuture(told).block(PATIENCE))
                    .as("an end without a note")
                    .isFalse();
        }
    }

    @Test
    void manyWhoWaitForOneSessionAreAllToldAndWhoLeavesIsForgotten() {
        Users.User user = a.newUser();
        IssuedSession session = a.login(user, ClientType.APP);
        LiveSession live = live(a, session);
        a.sessions().end(live).subscribe().dispose();
        var told = Flux.range(0, 50)
                .flatMap(i -> a.sessions().end(live), 50)
                .map(SessionEnd::reason)
                .collectList()
                .toFuture();
        EndWatch watch = a.context().getBean(EndWatch.class);
        Eventually.holds("they wait", () -> watch.waiting() == 50);

        a.login(user, ClientType.APP);

        assertThat(Mono.fromFuture(told).block(PATIENCE)).isEqualTo(java.util.Collections.nCopies(50, Reason.REPLACED));
        assertThat(watch.waiting()).isZero();
    }

    @Test
    void aChangeThatIsNoEndIsNotTold() {
        Users.User user = a.newUser();
        IssuedSession session = a.login(user, ClientType.APP);
        var told = a.sessions().end(live(a, session)).toFuture();
        Eventually.holds("it waits", () -> a.context().getBean(EndWatch.class).waiting() == 1);
        b.users().grant(user.id(), Role.OPS).block();
        Eventually.holds(
                "the message came",
                () -> a.authenticate(session) instanceof Authentication.Authenticated seen
                        && seen.session().principal().role() == Role.OPS);
        assertThat(told).isNotDone();
        a.users().logOut(user.id()).block();
        assertThat(Mono.fromFuture(told).block(PATIENCE).reason()).isEqualTo(Reason.FORCED);
    }

    private static LiveSession live(Node node, IssuedSession issued) {
        return ((Authentication.Authenticated) node.authenticate(issued)).session();
    }
}
