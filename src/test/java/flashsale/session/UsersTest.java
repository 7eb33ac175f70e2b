package flashsale.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import flashsale.session.Authentication.Authenticated;
import flashsale.session.Authentication.SessionEnded;
import flashsale.session.LoginResult.BadCredentials;
import flashsale.session.LoginResult.LoggedIn;
import flashsale.session.SessionEnd.Reason;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

class UsersTest {

    private static Node node;

    @BeforeAll
    static void start() {
        node = Node.start();
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    @Test
    void aTakenNameIsNotGivenTwice() {
        String name = "taken-" + System.nanoTime();
        List<Users.User> registered = Flux.range(0, 8)
                .flatMap(i -> node.users().register(name, "password " + i), 8)
                .collectList()
                .block();
        assertThat(registered).hasSize(1);
        assertThat(registered.getFirst().role()).isEqualTo(Role.USER);
    }

    @Test
    void aUserThatExistsIsEnsuredAsItIs() {
        String name = "ensured-" + System.nanoTime();
        List<Users.User> both = Flux.range(0, 2)
                .flatMap(i -> node.users().ensure(name, Node.PASSWORD, Role.OPS), 2)
                .collectList()
                .block();
        assertThat(both).hasSize(2);
        assertThat(both.getFirst()).isEqualTo(both.getLast());
        assertThat(node.users().ensure(name, "other", Role.USER).block()).isEqualTo(both.getFirst());
        assertThat(node.tryLogin(name, Node.PASSWORD, ClientType.APP, "10.1.0.1"))
                .isInstanceOf(LoggedIn.class);
    }

    @Test
    void aChangeOfPasswordEndsAllOtherSessions() {
        Users.User user = node.newUser();
        IssuedSession mine = node.login(user, ClientType.APP);
        IssuedSession other = node.login(user, ClientType.WEB);
        Principal principal =
                ((Authenticated) node.authenticate(mine)).session().principal();

        assertThat(node.users()
                        .changePassword(principal, Node.PASSWORD, "new one", "10.1.0.9")
                        .block())
                .isEqualTo(new PasswordChange.Changed());

        assertThat(node.authenticate(other)).isInstanceOf(SessionEnded.class);
        assertThat(node.authenticate(mine)).isInstanceOf(Authenticated.class);
        assertThat(node.tryLogin(user.username(), Node.PASSWORD, ClientType.WEB, "10.1.0.2"))
                .isEqualTo(new BadCredentials());
        assertThat(node.tryLogin(user.username(), "new one", ClientType.WEB, "10.1.0.2"))
                .isInstanceOf(LoggedIn.class);
    }

    @Test
    void aWrongCurrentPasswordChangesNothing() {
        Users.User user = node.newUser();
        IssuedSession mine = node.login(user, ClientType.APP);
        IssuedSession other = node.login(user, ClientType.WEB);
        Principal principal =
                ((Authenticated) node.authenticate(mine)).session().principal();

        assertThat(node.users()
                        .changePassword(principal, "wrong", "new one", "10.1.0.9")
                        .block())
                .isEqualTo(new PasswordChange.WrongPassword());

        assertThat(node.authenticate(other)).isInstanceOf(Authenticated.class);
        assertThat(node.tryLogin(user.username(), Node.PASSWORD, ClientType.MINIAPP, "10.1.0.3"))
                .isInstanceOf(LoggedIn.class);
    }

    @Test
    void aChangeThatCouldNotEndTheSessionsIsCompletedByTheSameCall() {
        Users.User user = node.newUser();
        IssuedSession mine = node.login(user, ClientType.APP);
        Principal principal =
                ((Authenticated) node.authenticate(mine)).session().principal();
        node.users()
                .changePassword(principal, Node.PASSWORD, "new one", "10.1.0.9")
                .block();
        // As if Redis had been away after the new password was stored: another session is still there.
        LoginResult other = node.tryLogin(user.username(), "new one", ClientType.WEB, "10.1.0.4");

        assertThat(node.users()
                        .changePassword(principal, Node.PASSWORD, "new one", "10.1.0.9")
                        .block())
                .isEqualTo(new PasswordChange.Changed());

        assertThat(node.authenticate(((LoggedIn) other).issued())).isInstanceOf(SessionEnded.class);
    }

    @Test
    void guessesAtThePasswordThroughItsChangeAreCountedWhicheverFieldTheyStandIn() {
        Users.User user = node.newUser();
        Principal principal = Principals.of(node.login(user, ClientType.APP));
        List<PasswordChange> answers = Flux.range(0, 20)
                .flatMap(i -> node.users().changePassword(principal, "guess " + i, "guess too " + i, "10.1.1." + i), 20)
                .collectList()
                .block();
        assertThat(answers)
                .filteredOn(new PasswordChange.WrongPassword()::equals)
                .hasSizeLessThanOrEqualTo(2);
        assertThat(node.users()
                        .changePassword(principal, Node.PASSWORD, "a new one", "10.1.2.1")
                        .block())
                .as("the right one comes too late")
                .isInstanceOf(PasswordChange.Throttled.class);
        assertThat(node.users()
                        .changePassword(principal, "nonsense", Node.PASSWORD, "10.1.2.1")
                        .block())
                .isInstanceOf(PasswordChange.Throttled.class);
    }

    @Test
    void ofManyGrantsAtOnceTheLastOneInTheDatabaseIsWhatSessionsHave() {
        node.users().ensure("another-of-operations", Node.PASSWORD, Role.OPS).block();
        Users.User user = node.newUser();
        IssuedSession session = node.login(user, ClientType.APP);
        Accounts accounts = node.context().getBean(Accounts.class);
        for (int round = 0; round < 30; round++) {
            Flux.range(0, 4)
                    .flatMap(i -> node.users().grant(user.id(), i % 2 == 0 ? Role.OPS : Role.USER), 4)
                    .blockLast();
            Role stands = accounts.byId(user.id()).block().role();
            sessionGets(session, stands);
        }
    }

    private void sessionGets(IssuedSession session, Role role) {
        Eventually.holds(
                "sessions have it",
                () -> ((Authenticated) node.authenticate(session))
                                .session()
                                .principal()
                                .role()
                        == role);
    }

    /** Many rounds: on one of them both have seen that they are not the last. */
    @Test
    void ofTwoWhoTakeTheRoleFromEachOtherOneKeepsItAndHisSessionsToo() {
        List<Users.User> both = List.of(node.newUser(), node.newUser());
        List<IssuedSession> sessions =
                both.stream().map(user -> node.login(user, ClientType.APP)).toList();
        Accounts accounts = node.context().getBean(Accounts.class);
        for (int round = 0; round < 20; round++) {
            both.forEach(user -> node.users().grant(user.id(), Role.OPS).block());
            // Of other tests.
            node.context()
                    .getBean(DatabaseClient.class)
                    .sql("update users set role = 'USER' where id <> all($1)")
                    .bind(0, both.stream().map(Users.User::id).toArray(Long[]::new))
                    .then()
                    .block();

            List<RoleChange> ends = Flux.fromIterable(both)
                    .flatMap(user -> node.users().grant(user.id(), Role.USER), 2)
                    .collectList()
                    .block();

            assertThat(ends)
                    .as("round " + round)
                    .containsExactlyInAnyOrder(new RoleChange.Changed(), new RoleChange.LastOfOperations());
            for (int i = 0; i < 2; i++) {
                Role stands = accounts.byId(both.get(i).id()).block().role();
                IssuedSession session = sessions.get(i);
                sessionGets(session, stands);
            }
        }
    }

    @Test
    void aNewPasswordThatBcryptWouldCutIsAFault() {
        Users.User user = node.newUser();
        Principal principal = new Principal(user.id(), Role.USER, "s");
        String tooLong = "é".repeat(Users.MAX_PASSWORD_BYTES / 2) + "x";
        assertThatThrownBy(() -> node.users().register("too-long", tooLong).block())
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> node.users()
                        .changePassword(principal, Node.PASSWORD, tooLong, "10.1.0.9")
                        .block())
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aRoleTakesEffectOnLiveSessionsWithoutANewToken() {
        Users.User user = node.newUser();
        IssuedSession phone = node.login(user, ClientType.APP);
        IssuedSession web = node.login(user, ClientType.WEB);
        assertThat(node.authenticate(phone)).isInstanceOf(Authenticated.class);

        assertThat(node.users().grant(user.id(), Role.OPS).block()).isEqualTo(new RoleChange.Changed());

        for (IssuedSession session : List.of(phone, web)) {
            assertThat(node.authenticate(session)).isInstanceOfSatisfying(Authenticated.class, seen -> assertThat(
                            seen.session().principal())
                    .isEqualTo(
                            new Principal(user.id(), Role.OPS, session.session().id())));
        }
        assertThat(node.login(user, ClientType.MINIAPP).session().role()).isEqualTo(Role.OPS);
        assertThat(node.users().grant(Long.MAX_VALUE, Role.OPS).block()).isEqualTo(new RoleChange.NoSuchUser());
        assertThat(node.users().grant(Long.MAX_VALUE, Role.USER).block()).isEqualTo(new RoleChange.NoSuchUser());
    }

    @Test
    void theLongestPasswordIsNotMatchedByALongerOne() {
        String name = "longest-" + System.nanoTime();
        String longest = "x".repeat(Users.MAX_PASSWORD_BYTES);
        node.users().register(name, longest).block();
        assertThat(node.tryLogin(name, longest + "x", ClientType.APP, "10.1.0.5"))
                .isEqualTo(new BadCredentials());
        assertThat(node.tryLogin(name, longest, ClientType.APP, "10.1.0.5")).isInstanceOf(LoggedIn.class);
    }

    /** The hash of the password takes some 200 ms; what changes the user comes in the midst of it. */
    @Test
    void aLoginThatAChangeOfRoleOrPasswordOvertookDoesNotActOnWhatItSawBefore() {
        try (Node slow = Node.start("flash-sale.session.hashing.cost=12")) {
            Users.User promoted = slow.newUser();
            LoginResult login = overtaken(promoted, node.users().grant(promoted.id(), Role.OPS));
            assertThat(node.authenticate(((LoggedIn) login).issued()))
                    .isInstanceOfSatisfying(Authenticated.class, seen -> assertThat(
                                    seen.session().principal().role())
                            .isEqualTo(Role.OPS));

            Users.User robbed = slow.newUser();
            Accounts accounts = node.context().getBean(Accounts.class);
            Mono<Boolean> change = accounts.byId(robbed.id())
                    .flatMap(account -> accounts.replacePassword(account, "another hash"))
                    .flatMap(changed -> node.sessions()
                            .endAllBut(robbed.id(), "", Reason.ENDED_ELSEWHERE)
                            .thenReturn(changed));
            assertThat(overtaken(robbed, change)).isEqualTo(new BadCredentials());
            assertThat(node.sessions().of(robbed.id()).block()).isEmpty();
        }
    }

    private static LoginResult overtaken(Users.User user, Mono<?> change) {
        Mono<LoginResult> login =
                node.logins().login(user.username(), Node.PASSWORD, ClientType.APP, "a phone", "10.1.0.6");
        return Mono.zip(login, Mono.delay(Duration.ofMillis(50)).then(change))
                .block()
                .getT1();
    }

    @Test
    void anUnknownUserCostsTheTimeOfAKnownOne() {
        try (var passwords = new Passwords(new SessionSettings.Hashing(9, 1, 8), new java.security.SecureRandom())) {
            String hash = passwords.hash("right").block();
            long known = fastestOfFive(passwords, "wrong", hash);
            long unknown = fastestOfFive(passwords, "wrong", null);
            long impossible = fastestOfFive(passwords, "x".repeat(73), hash);
            // Without the hash it is a thousandth. The rest is for a machine that does other things as well.
            assertThat((double) unknown / known).isBetween(0.3, 3.0);
            assertThat((double) impossible / known).isBetween(0.3, 3.0);
        }
    }

    private static long fastestOfFive(Passwords passwords, String password, String hash) {
        long fastest = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            long start = System.nanoTime();
            assertThat(passwords.matches(password, hash).block()).isFalse();
            fastest = Math.min(fastest, System.nanoTime() - start);
        }
        return fastest;
    }
}
