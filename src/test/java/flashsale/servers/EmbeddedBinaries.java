package flashsale.servers;

import io.zonky.test.db.postgres.embedded.DefaultPostgresBinaryResolver;
import io.zonky.test.db.postgres.util.ArchUtils;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** The server programs from the test class path, unpacked once a JVM, when first asked for. */
final class EmbeddedBinaries {

    private static final String REDIS_VERSION = "7.0.15";

    private EmbeddedBinaries() {}

    private static final class Redis {
        static final Path SERVER = unpackRedis();
    }

    private static final class Postgres {
        static final Path HOME = unpackPostgres();
    }

    static Path redisServer() {
        return Redis.SERVER;
    }

    /** @param program {@code postgres} or {@code initdb} */
    static Path postgres(String program) {
        return Postgres.HOME.resolve("bin").resolve(program);
    }

    private static Path unpackRedis() {
        String name = "redis-server-" + REDIS_VERSION + "-" + (isMac() ? "darwin" : "linux") + "-"
                + (isArm() ? "arm64" : "amd64");
        Path server = Scratch.ofThisJvm().newFolder("redis-program").resolve("redis-server");
        try (InputStream packed = EmbeddedBinaries.class.getResourceAsStream("/" + name)) {
            if (packed == null) {
                throw new IllegalStateException("embedded-redis has no " + name);
            }
            Files.copy(packed, server);
            Files.setPosixFilePermissions(server, PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return server;
    }

    private static Path unpackPostgres() {
        Path home = Scratch.ofThisJvm().newFolder("postgres-program");
        String system = isMac() ? "Darwin" : "Linux";
        String hardware = ArchUtils.normalize(System.getProperty("os.arch"));
        try (var archive = new TarArchiveInputStream(
                new XZInputStream(DefaultPostgresBinaryResolver.INSTANCE.getPgBinary(system, hardware)))) {
            for (var entry = archive.getNextEntry(); entry != null; entry = archive.getNextEntry()) {
                Path target = home.resolve(entry.getName());
                if (entry.isDirectory()) {
                    Files.createDirectories(target);
                    continue;
                }
                Files.createDirectories(target.getParent());
                if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
                } else {
                    Files.copy(archive, target);
                    target.toFile().setExecutable((entry.getMode() & 0100) != 0, false);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot unpack PostgreSQL for " + system + " " + hardware, e);
        }
        return home;
    }

    private static boolean isMac() {
        return System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("mac");
    }

    private static boolean isArm() {
        return System.getProperty("os.arch").equals("aarch64");
    }
}
