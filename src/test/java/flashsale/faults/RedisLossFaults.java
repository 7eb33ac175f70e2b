package flashsale.faults;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.servers.AppOutput;
import flashsale.servers.FaultProxy;
import flashsale.servers.PostgresServer;
import flashsale.servers.RedisServer;
import flashsale.servers.RedisServer.Persistence;
import flashsale.servers.Servers;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Redis is lost, or part of what it knew, while buyers come to three nodes. The sale closes, is seeded anew and opens by
 * itself; nothing is sold before, nothing twice, and sessions, which are elsewhere, survive.
 */
@ExtendWith(AppOutput.class)
class RedisLossFaults {

    private static RedisServer redis;
    private static RedisServer sessions;
    private static PostgresServer postgres;
    private static Stores stores;
    private static Nodes nodes;
    private static Outage outage;

    @TempDir
    private Path copies;

    @BeforeAll
    static void start() {
        redis = RedisServer.local(Persistence.APPEND_ONLY_FILE);
        sessions = RedisServer.local(Persistence.NONE);
        postgres = PostgresServer.start(PostgresServer.Durability.CRASH_SAFE);
        var servers = new Servers(redis, postgres, postgres.createDatabase());
        stores = new Stores(servers, FaultProxy.inFrontOf(redis), FaultProxy.inFrontOf(postgres));
        nodes = Nodes.start(stores.node().with("flash-sale.session.redis-url", sessions.url()));
        nodes.shops().forEach(Shop::awaitSelling);
        outage = new Outage(stores, nodes);
    }

    @AfterAll
    static void close() {
        nodes.close();
        redis.close();
        sessions.close();
        postgres.close();
    }

    @Test
    void killedAndRestartedItSellsAgain() {
        var result = outage.of("redis kill -9 and restart", Outage.AFTER_A_RESTART, () -> {
            redis.kill9();
            Outage.pause(Duration.ofSeconds(1));
            awaitClosed();
            redis.restart();
        });
        seededAnew(result);
        closedMeanwhile(result);
    }

    @Test
    void restartedEmpty() {
        seededAnew(outage.of("redis restarted empty", Outage.AFTER_A_LOSS, () -> {
            redis.kill9();
            delete(redis.appendOnlyFiles());
            redis.restart();
        }));
    }

    @Test
    void withTheTailOfItsFileCutOff() {
        seededAnew(outage.of("redis with its file's tail cut off", Outage.AFTER_A_LOSS, () -> {
            redis.kill9();
            cutTail(2_000);
            redis.restart();
        }));
    }

    @Test
    void restoredFromAnOlderCopy() {
        var copy = copies.resolve("older");
        seededAnew(outage.of(
                "redis restored from an older copy",
                Outage.AFTER_A_LOSS,
                Outage.USUAL,
                () -> copyWhileItRuns(copy),
                () -> {
                    redis.kill9();
                    restore(copy);
                    redis.restart();
                }));
    }

    /** Nothing is lost, so nothing is seeded: the scripts are loaded again, after a look at who answers. */
    @Test
    void scriptsFlushed() {
        var result =
                outage.of("script flush", Outage.SOME_TIME, () -> stores.redis(commands -> commands.scriptFlush()));
        assertThat(result.epochAfter()).isEqualTo(result.epochBefore());
    }

    @Test
    void withoutMemoryItRefusesAndNothingIsLost() {
        var result = outage.of("redis at maxmemory", Outage.SOME_TIME, () -> {
            stores.redis(commands -> commands.configSet("maxmemory", "1"));
            Outage.pause(Duration.ofSeconds(3));
            awaitClosed();
            stores.redis(commands -> commands.configSet("maxmemory", "0"));
        });
        closedMeanwhile(result);
        assertThat(result.epochAfter()).isEqualTo(result.epochBefore());
    }

    @Test
    void frozenForTenSeconds() {
        var result = outage.of("redis frozen for 10 s", Outage.SOME_TIME, () -> {
            redis.freeze();
            Outage.pause(Duration.ofSeconds(10));
            awaitClosed();
            redis.thaw();
        });
        closedMeanwhile(result);
        assertThat(result.epochAfter()).isEqualTo(result.epochBefore());
    }

    static LongStream seeds() {
        String wanted = System.getProperty("seed");
        return wanted == null ? new Random().longs(20) : LongStream.of(Long.parseLong(wanted));
    }

    /** Replayed by {@code -Dseed=...}: what is lost and when, as far as the machine keeps to it. */
    @ParameterizedTest(name = "-Dseed={0}")
    @MethodSource("seeds")
    void emptyOrRolledBackAtAnyInstant(long seed) {
        System.out.println("RedisLossFaults.emptyOrRolledBackAtAnyInstant -Dseed=" + seed);
        var random = new Random(seed);
        var copy = copies.resolve("any-instant");
        var size = new Outage.Size(40, Duration.ofMillis(25), 4 + random.nextInt(20));
        seededAnew(outage.of("redis lost, seed " + seed, Outage.AFTER_A_LOSS, size, () -> copyWhileItRuns(copy), () -> {
            redis.kill9();
            switch (random.nextInt(3)) {
                case 0 -> delete(redis.appendOnlyFiles());
                case 1 -> cutTail(1 + random.nextInt(20_000));
                default -> restore(copy);
            }
            redis.restart();
        }));
    }

    private static void seededAnew(Outage.Result result) {
        assertThat(result.epochAfter()).as("epoch").isGreaterThan(result.epochBefore());
    }

    /** However long a busy machine takes to find out. */
    private static void awaitClosed() {
        outage.awaitSomebody(
                "a buyer is told that it is closed", visit -> visit.tap().refused(503, "sale-closed"));
    }

    private static void closedMeanwhile(Outage.Result result) {
        System.out.println("meanwhile: " + Outage.told(result.during()));
        assertThat(result.during())
                .as("told while Redis was away")
                .isNotEmpty()
                .allMatch(visit -> visit.tap().refused(503, "sale-closed")
                        || visit.tap().wasTooMuch()
                        // A node that cannot reach PostgreSQL in time either, as on a busy machine, says that first.
                        || visit.tap().refused(503, "degraded")
                        || visit.tap().was(202)
                        // Who came in the last moment, and was answered after it.
                        || visit.sold());
    }

    private void copyWhileItRuns(Path to) {
        delete(to);
        copy(redis.appendOnlyFiles(), to);
    }

    private static void restore(Path copy) {
        delete(redis.appendOnlyFiles());
        copy(copy, redis.appendOnlyFiles());
    }

    /** As if what was written last had never reached the disk. */
    private static void cutTail(int bytes) {
        try (var files = Files.list(redis.appendOnlyFiles())) {
            Path last = files.filter(file -> file.toString().endsWith(".incr.aof"))
                    .max(Comparator.naturalOrder())
                    .orElseThrow();
            try (var file = new RandomAccessFile(last.toFile(), "rw")) {
                file.setLength(Math.max(0, file.length() - bytes));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void copy(Path from, Path to) {
        try (var files = Files.list(from)) {
            Files.createDirectory(to);
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (var inside = Files.walk(folder)) {
            for (Path each : inside.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
