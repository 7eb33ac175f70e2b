package flashsale.session;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/**
 * What the first sight of a token costs, by the kind of key that signed it, and what signing it did: CPU time of the
 * thread that does it, rounds interleaved, medians. In this package and not in {@code bench}, because tokens are
 * nobody else's business.
 */
class TokenBenchmark {

    private static final int WARM_UP_ROUNDS = Integer.getInteger("warmUpRounds", 10);
    private static final int ROUNDS = Integer.getInteger("rounds", 15);
    private static final int TOKENS = 500;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** One row of the table. */
    private static final class Row {

        private final String name;
        private final Tokens signing;
        private final Tokens verifying;
        private final List<Double> signed = new ArrayList<>();
        private final List<Double> verified = new ArrayList<>();
        private final List<Double> known = new ArrayList<>();

        Row(String name, String... settings) {
            this.name = name;
            this.signing = node("1", settings);
            this.verifying = node("10000", settings);
        }

        private static Tokens node(String verifiedTokens, String... settings) {
            String[] all = Arrays.copyOf(settings, settings.length + 2);
            all[settings.length] = "verified-tokens";
            all[settings.length + 1] = verifiedTokens;
            SessionSettings read = TestKeys.settings(all);
            return new Tokens(Keyring.of(read, true), read, Clock.systemUTC());
        }

        void round(int round) {
            Instant end = Instant.now().plusSeconds(7_200);
            String[] tokens = new String[TOKENS];
            signed.add(micros(i -> {
                // 32 characters, as ours have.
                String id = "%08d-and-as-long-as-ours-are"
                        .formatted(round * TOKENS + i)
                        .substring(0, 32);
                var principal = new Principal(1_000_000L + i, Role.USER, id);
                tokens[i] = signing.issue(principal, end);
            }));
            verified.add(micros(i -> require(verifying.verify(tokens[i]))));
            known.add(micros(i -> require(verifying.verify(tokens[i]))));
        }

        private static void require(Tokens.Verdict verdict) {
            if (!(verdict instanceof Tokens.Verdict.Good)) {
                throw new AssertionError(verdict);
            }
        }

        private static double micros(java.util.function.IntConsumer work) {
            long before = THREADS.getCurrentThreadCpuTime();
            for (int i = 0; i < TOKENS; i++) {
                work.accept(i);
            }
            return (THREADS.getCurrentThreadCpuTime() - before) / 1_000.0 / TOKENS;
        }

        private static double median(List<Double> rounds) {
            return rounds.stream().skip(WARM_UP_ROUNDS).sorted().toList().get(ROUNDS / 2);
        }

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT, "| %s | %.1f | %.1f | %.1f |", name, median(signed), median(verified), median(known));
        }
    }

    @Test
    void measure() {
        List<Row> rows = List.of(
                new Row("HS256"),
                new Row("RS256, 2,048 bits", TestKeys.signingWith(TestKeys.RSA)),
                new Row("ES256", TestKeys.signingWith(TestKeys.EC)));
        for (int round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
            for (Row row : rows) {
                row.round(round);
            }
        }
        System.out.println("| CPU µs a token | signed | verified for the first time | known |\n|---|---|---|---|");
        rows.forEach(System.out::println);
    }
}
