package flashsale.bench;

import flashsale.servers.AppProcess;
import flashsale.servers.PostgresServer;
import flashsale.servers.RedisServer;
import flashsale.servers.Servers;
import io.lettuce.core.RedisClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a constant answer, a "sold out" and a purchase with a committed order cost, in one process and one run: CPU a
 * request from the operating system's accounts, rounds interleaved, ratios round by round. Redis writes its log (AOF
 * every second) and PostgreSQL syncs every commit. Prints a table and writes {@code target/benchmark.md}.
 */
class PurchaseBenchmark {

    private static final int ROUNDS = Integer.getInteger("rounds", 5);
    private static final int SECONDS = Integer.getInteger("seconds", 6);

    /** Not counted: the compiler needs some 100,000 purchases until it is done with them. */
    private static final int WARM_UP_ROUNDS = Integer.getInteger("warmUpRounds", 5);

    /** More than can buy in one round; after the last one wrk fills the time with /ping, which is taken off again. */
    private static final int BUYERS = Integer.getInteger("buyers", 60_000);

    /** At 2 taps a second for each, enough for 80,000 answers a second inside the rate limit. */
    private static final int LOSERS = 40_000;

    private static final Predicate<String> APP = command -> command.contains("flash-sale") && command.contains("-jar");
    private static final Predicate<String> REDIS = command -> command.contains("redis-server");
    private static final Predicate<String> POSTGRES = command -> command.contains("postgres") && !APP.test(command);

    @TempDir
    Path folder;

    @Test
    void measure() throws IOException {
        var postgres = PostgresServer.start(PostgresServer.Durability.CRASH_SAFE);
        var redis = RedisServer.start(RedisServer.Persistence.APPEND_ONLY_FILE);
        syncEverySecond(redis);
        var servers = new Servers(redis, postgres, postgres.createDatabase());
        try (var app = AppProcess.on(servers).jvm(jvmFlags()).start()) {
            Shop shop = new Shop(app.url());
            List<String> buyers = shop.buyers(BUYERS);
            String everybody = write("everybody", buyers);
            String losers = write("losers", buyers.subList(0, LOSERS));
            String script = script();
            String empty = shop.sale(1);
            shop.buyOne(empty, buyers.getFirst());

            List<Figures> ping = new ArrayList<>();
            List<Figures> soldOut = new ArrayList<>();
            List<Figures> purchase = new ArrayList<>();
            String noTokens = write("nobody", List.of());
            for (int round = 1 - WARM_UP_ROUNDS; round <= ROUNDS; round++) {
                Figures constant = requests(() -> Wrk.run(SECONDS, app.url(), script, noTokens, "-", "once"));
                Figures refused = requests(() -> Wrk.run(SECONDS, app.url(), script, losers, empty, "cycle"));
                Figures bought = orders(shop, constant, app.url(), script, everybody);
                if (round > 0) {
                    ping.add(constant);
                    soldOut.add(refused);
                    purchase.add(bought);
                }
                System.out.printf(
                        "round %d: ping %s%n  sold out %s%n  purchase %s%n", round, constant, refused, bought);
            }
            report(List.of(
                    "| | answers/s | app CPU µs | to constant | Redis CPU µs | PostgreSQL CPU µs | p50 ms | p99 ms |",
                    "|---|---|---|---|---|---|---|---|",
                    Figures.row("constant (`GET /ping`)", ping, ping),
                    Figures.row("sold out", soldOut, ping),
                    Figures.row("purchase, order committed", purchase, ping)));
        }
    }

    /** As operated: the test server syncs every write, to survive {@code kill -9} with everything. */
    private static void syncEverySecond(RedisServer redis) {
        try (var client = RedisClient.create(redis.url());
                var connection = client.connect()) {
            connection.sync().configSet("appendfsync", "everysec");
        }
    }

    /** Those of test-run and of production; the build passes them on. */
    private static List<String> jvmFlags() {
        List<String> flags = new ArrayList<>(
                Arrays.asList(System.getProperty("flashsale.jvm").split(" ")));
        flags.add("-Xmx1g");
        return flags;
    }

    private interface Load {
        Wrk run();
    }

    private static Figures requests(Load load) {
        long[] before = cpu();
        Wrk wrk = load.run();
        return figures(before, wrk, wrk.requests(), 0);
    }

    /** Only orders count: what wrk sent beyond the last buyer went to /ping, and its cost is taken off. */
    private static Figures orders(Shop shop, Figures ping, String url, String script, String buyers) {
        String sale = shop.sale(BUYERS);
        long[] before = cpu();
        Wrk wrk = Wrk.run(SECONDS, url, script, buyers, sale, "once");
        long sold = shop.sold(sale);
        return figures(before, wrk, sold, Math.max(0, wrk.requests() - BUYERS) * ping.app());
    }

    private static long[] cpu() {
        return new long[] {Cpu.of(APP), Cpu.of(REDIS), Cpu.of(POSTGRES)};
    }

    private static Figures figures(long[] before, Wrk wrk, long answers, double notCounted) {
        long[] after = cpu();
        return new Figures(
                answers / wrk.seconds(),
                (after[0] - before[0] - notCounted) / answers,
                (double) (after[1] - before[1]) / answers,
                (double) (after[2] - before[2]) / answers,
                wrk.p50(),
                wrk.p99());
    }

    private String write(String name, List<String> lines) throws IOException {
        return Files.write(folder.resolve(name), lines).toString();
    }

    private String script() throws IOException {
        try (var lua = PurchaseBenchmark.class.getResourceAsStream("/bench/tap.lua")) {
            return Files.write(folder.resolve("tap.lua"), lua.readAllBytes()).toString();
        }
    }

    private static void report(List<String> table) throws IOException {
        Files.write(Path.of("target", "benchmark.md"), table);
        System.out.println(String.join(System.lineSeparator(), table));
    }
}
