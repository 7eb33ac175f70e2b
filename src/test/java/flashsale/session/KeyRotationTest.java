package flashsale.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A rotation as {@code docs/decisions.md} tells it, step by step. While a step is being rolled out some nodes run the
 * configuration before it and some the one after: whatever one of them signs, the other must accept.
 */
class KeyRotationTest {

    private static final String SECOND_SECRET = "another-secret-that-is-also-long-enough!";

    /** Configurations in the order they are rolled out. */
    record Rotation(String name, List<List<String>> steps) {

        @Override
        public String toString() {
            return name;
        }
    }

    private static final List<String> FIRST = List.of("key-id", "first", "jwt-secret", Node.SECRET);
    private static final List<String> SECOND = List.of("key-id", "second", "jwt-secret", SECOND_SECRET);
    private static final List<String> PRIVATE_KEY = List.of(TestKeys.signingWith(TestKeys.EC));

    static Stream<Rotation> rotations() {
        List<String> publicKey = accepted("es256-1", "public-key", TestKeys.publicPem(TestKeys.EC));
        return Stream.of(
                new Rotation(
                        "secret to secret",
                        List.of(
                                FIRST,
                                both(FIRST, accepted("second", "secret", SECOND_SECRET)),
                                both(SECOND, accepted("first", "secret", Node.SECRET)),
                                SECOND)),
                new Rotation("secret to private key", List.of(FIRST, both(FIRST, publicKey), both(FIRST, PRIVATE_KEY))),
                new Rotation("private key to secret", List.of(both(FIRST, PRIVATE_KEY), both(FIRST, publicKey), FIRST)),
                new Rotation(
                        "private key to private key",
                        List.of(
                                both(FIRST, PRIVATE_KEY),
                                both(
                                        both(FIRST, PRIVATE_KEY),
                                        accepted("rs256-1", "public-key", TestKeys.publicPem(TestKeys.RSA))),
                                both(both(FIRST, List.of(TestKeys.signingWith(TestKeys.RSA))), publicKey),
                                both(FIRST, List.of(TestKeys.signingWith(TestKeys.RSA))))));
    }

    private static List<String> accepted(String id, String kind, String value) {
        return List.of("accepted-keys[0].id", id, "accepted-keys[0]." + kind, value);
    }

    private static List<String> both(List<String> one, List<String> other) {
        List<String> all = new ArrayList<>(one);
        all.addAll(other);
        return all;
    }

    @ParameterizedTest
    @MethodSource("rotations")
    void noStepLogsAnybodyOut(Rotation rotation) {
        for (int step = 1; step < rotation.steps().size(); step++) {
            List<String> before = rotation.steps().get(step - 1);
            List<String> after = rotation.steps().get(step);
            boolean lastStepRemovesTheOldKey = step == rotation.steps().size() - 1 && after.size() < before.size();
            assertThat(accepts(after, signedBy(after))).isTrue();
            assertThat(accepts(before, signedBy(after)))
                    .as("%s, step %d: signed by a node after it, read by one before it", rotation, step)
                    .isTrue();
            assertThat(accepts(after, signedBy(before)))
                    .as("%s, step %d: signed by a node before it, read by one after it", rotation, step)
                    .isTrue();
            if (lastStepRemovesTheOldKey && !rotation.name().equals("secret to private key")) {
                assertThat(accepts(after, signedBy(rotation.steps().getFirst())))
                        .as("the key that was rotated out is gone")
                        .isFalse();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("rotations")
    void aTokenOfTheDayBeforeStillCountsWhenTheNewKeySigns(Rotation rotation) {
        List<List<String>> steps = rotation.steps();
        boolean hasCleanUp = !rotation.name().equals("secret to private key");
        List<String> newKeySigns = steps.get(hasCleanUp ? steps.size() - 2 : steps.size() - 1);
        assertThat(accepts(newKeySigns, signedBy(steps.getFirst()))).isTrue();
    }

    private static String signedBy(List<String> settings) {
        try (Tokens tokens = node(settings)) {
            var principal = new Principal(7, Role.USER, "s1");
            return tokens.issue(principal, SettableClock.START.plus(Duration.ofHours(1)));
        }
    }

    private static boolean accepts(List<String> settings, String token) {
        try (Tokens tokens = node(settings)) {
            return tokens.verify(token) instanceof Tokens.Verdict.Good;
        }
    }

    private static Tokens node(List<String> settings) {
        SessionSettings all = TestKeys.settings(settings.toArray(String[]::new));
        return new Tokens(Keyring.of(all, true), all, new SettableClock());
    }
}
